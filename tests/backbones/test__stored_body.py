from __future__ import annotations

import pytest
import torch

from headstart.backbones import _store
from headstart.backbones._stored_body import image_backbone, sequence_backbone
from headstart.backbones._timm_body import Architecture
from headstart.core.errors import Unavailable, UserError
from tests.backbones.members import make
from tests.backbones.tiny import config_of, info, tokenizer_files

CFG = {"input_size": (3, 64, 64), "mean": (0.5,) * 3, "std": (0.5,) * 3}
RESNET = Architecture(name="test_resnet", args={}, pretrained_cfg=CFG)
IMAGE = info("timm:test_resnet.x", dim=96, input={"size": 64})
TEXT = info("transformers:tiny/bert", modality="text", dim=16, input={"tokens": 24})


def store(name: str, weights: dict[str, torch.Tensor]) -> None:
    text = name == TEXT.name
    with _store.adding(name, room=10) as arrival:
        arrival.write_tensors(weights)
        for file, content in tokenizer_files().items() if text else ():
            (arrival.files / file).write_bytes(content)
        arrival.describe(TEXT if text else IMAGE, **({"config": config_of("bert")} if text else {}))


def test_stored_weights_are_loaded_and_random_ones_drawn() -> None:
    weights = make("test_resnet", seed=7).module.state_dict()
    store(IMAGE.name, weights)
    loaded = image_backbone(IMAGE, RESNET, pretrained=True, seed=0, size=None).module.state_dict()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)
    drawn = image_backbone(IMAGE, RESNET, pretrained=False, seed=7, size=None).module.state_dict()
    assert all(torch.equal(drawn[name], weights[name]) for name in weights)
    assert image_backbone(IMAGE, RESNET, pretrained=True, seed=0, size=96).info.input == {"size": 96}


def test_stored_encoders_bring_their_tokenizer() -> None:
    weights = make("bert", seed=7).module.state_dict()
    store(TEXT.name, weights)
    loaded = sequence_backbone(TEXT, pretrained=True, seed=0, size=None)
    assert all(torch.equal(loaded.module.state_dict()[name], weights[name]) for name in weights)
    assert loaded.preprocess.key == make("bert").preprocess.key
    drawn = sequence_backbone(TEXT, pretrained=False, seed=7, size=None).module.state_dict()
    assert all(torch.equal(drawn[name], weights[name]) for name in weights)


def test_weights_of_another_release_are_told() -> None:
    for name in (IMAGE.name, TEXT.name):
        store(name, {"something": torch.zeros(1)})
    with pytest.raises(Unavailable, match=r"stored weights of timm:test_resnet\.x do not fit .* models pull timm:test"):
        image_backbone(IMAGE, RESNET, pretrained=True, seed=0, size=None)
    with pytest.raises(Unavailable, match="stored weights of transformers:tiny/bert do not fit"):
        sequence_backbone(TEXT, pretrained=True, seed=0, size=None)


def test_texts_have_no_size_in_pixels() -> None:
    with pytest.raises(UserError, match=r"reads texts; a size in pixels \(32\) applies to image models only"):
        sequence_backbone(TEXT, pretrained=True, seed=0, size=32)
