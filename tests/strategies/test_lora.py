from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.engine.alterations import Alterations
from headstart.engine.supervised import Settings, fit
from headstart.strategies._low_rank import LowRank, adaptable
from headstart.strategies.lora import Lora
from tests.engine import toys


def test_the_change_is_scale_times_up_times_down_and_nothing_at_first():
    adapter, weight = LowRank(torch.Size((4, 3, 2, 2)), rank=2, scale=0.5, seed=0), torch.randn(4, 3, 2, 2)
    assert torch.equal(adapter(weight), weight)
    adapter.up.data.normal_()
    expected = weight.reshape(4, 12) + 0.5 * adapter.up @ adapter.down
    assert torch.allclose(adapter(weight).reshape(4, 12), expected)
    assert torch.linalg.matrix_rank((adapter(weight) - weight).reshape(4, 12)) == 2


def test_dense_layers_and_ungrouped_convolutions_are_adapted_small_ones_at_lower_rank():
    body = nn.Sequential(
        nn.Linear(64, 48), nn.Conv2d(8, 16, 3), nn.Conv2d(16, 16, 3, groups=16), nn.Linear(64, 3), nn.LayerNorm(3)
    )
    ranks = {name: rank for name, (_, rank) in adaptable(body, 8).items()}
    assert ranks == {"0.weight": 8, "1.weight": 4}


def test_what_comes_back_is_merged_and_its_change_has_the_rank():
    strategy, backbone = Lora().lasting(3), toys.ToyBackbone(toys.info(), seed=0, size=16)
    head = LinearHead(weight=np.zeros((2, 8)), bias=np.zeros(2))
    fitted = fit(strategy, backbone, head, toys.examples(strategy, backbone), Settings(seed=0), progress=Silent())
    change = fitted.backbone.module[1][0].weight - backbone.module[1][0].weight
    assert 0 < torch.linalg.matrix_rank(change.reshape(8, -1), rtol=1e-4) <= 2
    assert torch.equal(fitted.backbone.module[1][1].weight, backbone.module[1][1].weight)


def test_preparing_twice_gives_the_same_adapters():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    first, second = (copy.deepcopy(Lora().prepare(backbone)) for _ in range(2))
    for name, adapter in first.adapters.items():
        assert torch.equal(adapter.down, second.adapters[name].down)
    assert list(first.adapters) == ["0.0.weight", "1.0.weight", "2.0.weight"]
    altered = copy.deepcopy(backbone)
    Alterations(altered.module, first)
    names = dict(altered.module.named_parameters())
    assert all(name in names for group in first.groups for name in group.parameters)
