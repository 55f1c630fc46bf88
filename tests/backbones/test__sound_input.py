from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from transformers import Wav2Vec2FeatureExtractor, WhisperFeatureExtractor

from headstart.backbones._sound_input import SoundPreprocess
from headstart.backbones._spectrogram import Spectrogram
from headstart.backbones._waves import Waves


def waves(seconds: int = 2, **changes: Any) -> Waves:
    return Waves(Wav2Vec2FeatureExtractor(**changes), seconds, 320, 400)


def spectrogram(seconds: int = 2, **changes: Any) -> Spectrogram:
    return Spectrogram(WhisperFeatureExtractor(chunk_length=seconds, **changes), seconds, "input_features")


@pytest.mark.parametrize("member", [waves(), spectrogram()], ids=["waves", "spectrogram"])
def test_copies_share_it_and_its_own_file_says_it_all(member: SoundPreprocess):
    assert copy.deepcopy(member) is member
    assert member.told == {}
    assert (member.modality, member.most) == ("audio", 32000)


@pytest.mark.parametrize(("make", "changes"), [(waves, {"do_normalize": False}), (spectrogram, {"feature_size": 40})])
def test_the_key_tells_what_is_heard(make: Any, changes: dict[str, Any]):
    assert json.loads(make().key)["seconds"] == 2
    assert make().key == make().key
    assert len({make().key, make(3).key, make(**changes).key}) == 3


def test_two_ways_to_hear_have_two_keys():
    extractor = Wav2Vec2FeatureExtractor()
    assert Waves(extractor, 2, 320, 400).key != Spectrogram(extractor, 2, "input_values").key
