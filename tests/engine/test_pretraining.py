"""How far items are from what a body's BatchNorm layers remember."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import nn

from headstart.core.backbone import Backbone
from headstart.core.progress import Silent
from headstart.engine import pretraining
from headstart.engine.pretraining import from_pretraining
from tests.backbones.members import make
from tests.engine import toys

pytestmark = pytest.mark.usefixtures("one_thread")


def pictures(seed: int, count: int) -> list[Image.Image]:
    noise = np.random.default_rng(seed).integers(0, 120, size=(count, 24, 24, 3), dtype=np.uint8)
    return [Image.fromarray(each) for each in noise]


def inverted(shown: list[Image.Image]) -> list[Image.Image]:
    return [ImageOps.invert(each) for each in shown]


def collated(body: Backbone, shown: list[Image.Image]):
    return body.preprocess.collate([body.preprocess.item(each) for each in shown])


@pytest.fixture
def pretrained() -> Backbone:
    """A body whose layers remember 64 pictures of noise."""
    body = make("test_resnet")
    for module in body.module.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the one batch, and nothing of before
    body.module.train()
    with torch.no_grad():
        body.encode(collated(body, pictures(0, 64)))
    body.module.eval()
    return body


def test_items_of_the_pretraining_are_at_zero_and_others_are_not(pretrained: Backbone):
    same = from_pretraining(pretrained, toys.items_of(pictures(1, 64)), progress=Silent())
    other = from_pretraining(pretrained, toys.items_of(inverted(pictures(1, 64))), progress=Silent())
    assert same is not None
    assert other is not None
    assert same.distance < 0.002
    assert other.distance > 0.1
    assert other.low < other.distance < other.high
    assert other.high - other.low < 0.05
    assert all(each.distance > same.distance for each in other.blocks)


def test_blocks_are_those_with_batch_norm_in_order(pretrained: Backbone):
    found = from_pretraining(pretrained, toys.items_of(pictures(1, 4)), progress=Silent())
    assert found is not None
    names = [each.block for each in found.blocks]
    assert names == [block.name for block in pretrained.blocks if block.name in names]
    assert len(names) > 1
    assert found.items == 4


def test_the_distance_of_one_item_by_hand(pretrained: Backbone):
    """Without others to draw there is nothing to take off."""
    (shown,) = inverted(pictures(1, 1))
    parts = []

    def compare(module, given):
        seen = given[0][0].double().flatten(1)
        mean, variance = seen.mean(1), seen.var(1, correction=0) + module.eps
        known, spread = module.running_mean.double(), module.running_var.double() + module.eps
        root = (2 * (variance * spread).sqrt() / (variance + spread)).sqrt()
        overlap = root * torch.exp(-((mean - known) ** 2) / (4 * (variance + spread)))
        parts.append(float((1 - overlap).mean()))

    layers = [module for module in pretrained.module.modules() if isinstance(module, nn.BatchNorm2d)]
    hooks = [module.register_forward_pre_hook(compare) for module in layers]
    with torch.no_grad():
        pretrained.encode(collated(pretrained, [shown]))
    for hook in hooks:
        hook.remove()
    found = from_pretraining(pretrained, toys.items_of([shown]), progress=Silent())
    assert found is not None
    assert found.distance == pytest.approx(np.mean(parts), rel=1e-5)
    assert found.low == found.high == pytest.approx(found.distance)


def test_what_few_items_add_by_chance_is_taken_off(pretrained: Backbone):
    few = [
        from_pretraining(pretrained, toys.items_of(inverted(pictures(seed, 4))), progress=Silent()) for seed in range(8)
    ]
    many = from_pretraining(pretrained, toys.items_of(inverted(pictures(99, 64))), progress=Silent())
    assert many is not None
    assert np.mean([each.distance for each in few if each]) == pytest.approx(many.distance, abs=0.01)


def test_the_body_stays_as_it_is(pretrained: Backbone):
    before = {name: value.clone() for name, value in pretrained.module.state_dict().items()}
    from_pretraining(pretrained, toys.items_of(pictures(1, 4)), progress=Silent())
    assert all(torch.equal(before[name], value) for name, value in pretrained.module.state_dict().items())
    assert not any(module._forward_pre_hooks for module in pretrained.module.modules())


def test_so_many_are_looked_at(pretrained: Backbone, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pretraining, "MOST", 5)
    found = from_pretraining(pretrained, toys.items_of(pictures(1, 9)), progress=Silent())
    assert found is not None
    assert found.items == 5


@pytest.mark.parametrize("member", ["test_resnet", "test_vit"])
def test_a_body_that_remembers_nothing_has_no_distance(member: str):
    """One that was not pretrained, and one without BatchNorm."""
    assert from_pretraining(make(member), toys.items_of(pictures(1, 4)), progress=Silent()) is None
