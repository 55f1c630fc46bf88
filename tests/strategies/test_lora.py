from __future__ import annotations

import copy

import numpy as np
import torch

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.engine.alterations import Alterations
from headstart.engine.examples import Settings
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


def test_other_seeds_start_from_other_adapters_and_groups_name_what_is_there():
    backbone, drawn = toys.ToyBackbone(toys.info(), seed=0, size=16), []
    preparation = Lora().prepare(backbone)
    assert list(preparation.adapters) == ["0.0.weight", "1.0.weight", "2.0.weight"]
    for seed in (0, 0, 1):
        altered = copy.deepcopy(backbone)
        Alterations(altered.module, preparation, seed)
        names = dict(altered.module.named_parameters())
        assert all(name in names for group in preparation.groups for name in group.parameters)
        drawn.append(names["1.0.parametrizations.weight.0.down"].detach())
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
