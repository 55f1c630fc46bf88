from __future__ import annotations

import json
from pathlib import Path

import pytest

from headstart.backbones._sequence_input import SequencePreprocess
from tests.backbones.members import ENCODERS, SOUND, make


@pytest.mark.parametrize("member", [*ENCODERS, *SOUND])
def test_what_is_written_down_is_read_by_transformers(member: str, tmp_path: Path):
    from transformers import AutoFeatureExtractor, AutoTokenizer

    preprocess = make(member).preprocess
    assert isinstance(preprocess, SequencePreprocess)
    preprocess.export(tmp_path)
    json.dumps(preprocess.told)
    assert (AutoTokenizer if member in ENCODERS else AutoFeatureExtractor).from_pretrained(tmp_path)
