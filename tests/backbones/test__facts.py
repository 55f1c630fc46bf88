from __future__ import annotations

import pytest
import timm
import torch

from headstart.backbones._facts import image_info, sequence_info
from headstart.backbones._families import FAMILIES
from headstart.backbones._sound_family import SoundFamily
from headstart.backbones._timm_body import Architecture
from tests.backbones.tiny import config_of, info

KNOWN = {
    name: getattr(info("timm:x"), name)
    for name in ("name", "pretraining", "licence", "revision", "sha256", "bytes", "prior", "prior_of")
}


def test_an_image_models_facts_are_counted_by_hand_too() -> None:
    cfg = {"input_size": (3, 64, 64), "fixed_input_size": False}
    found = image_info(Architecture(name="test_resnet", args={}, pretrained_cfg=cfg), KNOWN)
    model = timm.create_model("test_resnet", num_classes=0).eval()
    operations = 0

    def count(module: torch.nn.Conv2d, inputs: object, output: torch.Tensor) -> None:
        nonlocal operations
        operations += 2 * output.numel() * module.weight[0].numel()

    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        features = model(torch.zeros(1, 3, 64, 64))
    assert found.gflops == round(operations / 1e9, 6)
    assert found.dim == features.shape[1]
    assert found.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert (found.modality, found.input, found.family) == ("image", {"size": 64}, "resnet")


def test_an_encoders_facts_are_counted_by_hand_too() -> None:
    found = sequence_info("transformers:x/y", config_of("bert"), {**KNOWN, "name": "transformers:x/y"}, size=24)
    width, inner, layers, length = 16, 32, 3, 24
    per_token = 2 * (4 * width * width + 2 * width * inner)
    attention = 2 * 2 * length * length * width
    assert found.gflops == round(layers * (length * per_token + attention) / 1e9, 6)
    assert (found.dim, found.input, found.modality, found.family) == (16, {"tokens": 24}, "text", "bert")


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_family_is_counted_without_computing(kind: str) -> None:
    family, config = FAMILIES[kind], config_of(kind)
    if isinstance(family, SoundFamily):
        config, _ = family.listening("x", config, {}, 2)
    body = family.body(family.configured(config))
    found = sequence_info("x", config_of(kind), {**KNOWN, "name": "x"}, size=2)
    assert (found.modality, found.dim, found.family) == (family.modality, 16, kind)
    assert found.parameters == sum(parameter.numel() for parameter in body.parameters())
    assert found.gflops > 0
