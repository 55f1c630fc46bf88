from __future__ import annotations

from pathlib import Path

import pytest
import torch

from headstart.backbones import _gguf
from headstart.backbones._packaged_models import MODELS
from headstart.backbones.packaged import Packaged
from headstart.core.errors import Unavailable
from headstart.core.progress import Silent


def test_without_the_reader_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_gguf, "find_spec", lambda name: None)
    with pytest.raises(
        Unavailable, match=r"packaged:x is a GGUF file.* Install it with: pip install 'headstart\[gguf\]'"
    ):
        _gguf.llama("packaged:x", tmp_path / "model.gguf", tmp_path)


@pytest.mark.real
def test_the_real_weights_know_which_sentences_belong_together() -> None:
    info = MODELS["smollm2_135m"].info
    Packaged().pull(info, Silent())
    backbone = Packaged().load(info)
    assert sum(parameter.numel() for parameter in backbone.module.parameters()) == info.parameters
    sentences = [
        "The match ended two to one.",
        "They won the game by a single goal.",
        "Boil the pasta for nine minutes.",
    ]
    with torch.no_grad():
        features = backbone.encode(backbone.preprocess.collate([backbone.preprocess.item(s) for s in sentences]))
    assert features.shape == (3, info.dim)
    alike, unlike = (torch.nn.functional.cosine_similarity(features[0], features[k], dim=0) for k in (1, 2))
    assert alike > unlike
