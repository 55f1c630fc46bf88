from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.progress import Silent
from headstart.core.training import Preparation
from headstart.engine.examples import Settings
from headstart.engine.supervised import fit
from headstart.strategies.surgical import Surgical
from tests.engine import toys


def test_all_blocks_have_one_rate_until_gradients_set_it():
    preparation = Surgical().prepare(toys.ToyBackbone(toys.info(), seed=0, size=16))
    assert preparation.by_gradient
    assert {group.rate for group in preparation.groups} == {1.0}
    assert len(preparation.groups) == 3


def test_what_gradients_say_changes_what_is_learnt():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    head = LinearHead(weight=np.ones((2, 8)) * [[1.0], [-1.0]], bias=np.zeros(2))
    strategy = Surgical().lasting(2)
    found = []
    for kind in (Surgical, Plain):
        asked = kind(schedule=strategy.schedule)
        given = toys.examples(asked, backbone)
        found.append(fit(asked, backbone, head, given, Settings(seed=0), progress=Silent()).backbone.module)
    ours, plain = (module.state_dict() for module in found)
    assert any(not torch.equal(ours[name], plain[name]) for name in ours)


class Plain(Surgical):
    def prepare(self, backbone: Backbone) -> Preparation:
        return replace(super().prepare(backbone), by_gradient=False)
