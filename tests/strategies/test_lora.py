from __future__ import annotations

import copy

import numpy as np
import torch

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.engine.alterations import Alterations
from headstart.engine.loop import Settings
from headstart.engine.supervised import fit
from headstart.strategies.lora import Lora
from tests.engine import toys


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
