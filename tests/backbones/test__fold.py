from __future__ import annotations

from collections.abc import Mapping

import pytest
import timm
import torch
from torch import nn

from headstart.backbones._fold import folded
from headstart.core.backbone import Backbone
from tests.engine import toys


class Body(toys.ToyBackbone):
    """A toy backbone around any module; encodes ``pixel_values`` by calling it."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__(toys.info(), seed=0, size=toys.SIZE)
        self.module = module.eval()

    def encode(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return self.module(batch["pixel_values"]).flatten(1)


def norms(backbone: Backbone) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in backbone.module.modules())


def unsettled(module: nn.Module) -> nn.Module:
    """Statistics and weights of BatchNorm as training leaves them, so that folding has something to do."""
    generator = torch.Generator().manual_seed(0)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for tensor in (norm.running_mean, norm.weight.data, norm.bias.data):
                tensor.copy_(torch.randn(tensor.shape, generator=generator))
            norm.running_var.copy_(torch.rand(norm.running_var.shape, generator=generator) + 0.5)
    return module


def batch(count: int = 2, size: int = 32) -> dict[str, torch.Tensor]:
    return {"pixel_values": torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1))}


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet10t", "test_resnet"])
def test_real_architectures_give_the_same_features_without_their_norms(name: str):
    given = Body(unsettled(timm.create_model(name, num_classes=0)))
    before = {key: tensor.clone() for key, tensor in given.module.state_dict().items()}
    lean = folded(given, batch())
    with torch.no_grad():
        one, other = given.encode(batch(3)), lean.encode(batch(3))
    assert norms(lean) == 0
    assert torch.allclose(one, other, atol=1e-4 * one.abs().max())
    assert all(torch.equal(before[key], tensor) for key, tensor in given.module.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in given.module.modules())


def test_the_activation_behind_a_norm_goes_into_the_convolution():
    given = Body(unsettled(timm.create_model("tf_efficientnet_lite0", num_classes=0)))
    lean = folded(given, batch())
    assert not any(isinstance(module, nn.ReLU6 | nn.Conv2d) for module in lean.module.modules())


def test_the_activation_stays_where_there_is_nothing_to_go_into(monkeypatch):
    monkeypatch.setattr("headstart.backbones._fold.fusible", lambda _: False)
    given = Body(unsettled(timm.create_model("tf_efficientnet_lite0", num_classes=0)))
    lean = folded(given, batch())
    assert any(isinstance(module, nn.ReLU6) for module in lean.module.modules())
    with torch.no_grad():
        one, other = given.encode(batch(3)), lean.encode(batch(3))
    assert torch.allclose(one, other, atol=1e-4 * one.abs().max())


class Reused(nn.Module):
    """One convolution before a norm; what ``how`` names happens between or beside them."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.convolution, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        found = self.convolution(pixels)
        if self.how == "changed in place":
            return self.norm(found.relu_())
        if self.how == "changed":
            return self.norm(found.relu())
        if self.how == "read twice":
            return self.norm(found) + found
        if self.how == "run twice":
            return self.norm(found) + self.norm(self.convolution(pixels.flip(-1)))
        return self.norm(found)


@pytest.mark.parametrize("how", ["changed in place", "changed", "read twice", "run twice"])
def test_a_norm_that_is_not_the_only_and_direct_reader_stays(how: str):
    given = Body(unsettled(Reused(how)))
    assert norms(folded(given, batch())) == 1
    assert norms(folded(Body(unsettled(Reused("plain"))), batch())) == 0


def test_without_norms_the_backbone_itself_comes_back():
    given = Body(nn.Conv2d(3, 4, 3))
    assert folded(given, batch()) is given
