from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.engine.examples import Settings
from headstart.engine.supervised import fit
from headstart.strategies.l2_sp import L2Sp
from tests.engine import toys
from tests.strategies.steps import seen, start


def test_the_penalty_is_half_the_weighed_squares_and_pulls_back():
    begun = start()
    source, trained = begun.source, begun.trained
    penalty = L2Sp(alpha=0.2, beta=0.5).penalty(begun)
    weights = torch.full((2, 8), 2.0, requires_grad=True)
    step = seen(torch.zeros(1, 8), head=weights)
    assert penalty.loss(step).item() == pytest.approx(0.25 * 16 * 4)
    with torch.no_grad():
        trained.module[2][0].bias += 3.0
    loss = penalty.loss(step)
    assert loss.item() == pytest.approx(0.25 * 16 * 4 + 0.1 * 8 * 9)
    loss.backward()
    assert torch.allclose(trained.module[2][0].bias.grad, torch.full((8,), 0.2 * 3.0))
    assert torch.allclose(weights.grad, 0.5 * weights.detach())
    assert source.module[2][0].bias.grad is None


def test_nothing_is_decayed_towards_zero_beside_it():
    groups = L2Sp().prepare(toys.ToyBackbone(toys.info(), seed=0, size=16)).groups
    assert {group.weight_decay for group in groups} == {0.0}


def test_a_strong_penalty_keeps_the_body_where_it_was():
    def moved(alpha: float) -> float:
        strategy, backbone = L2Sp(alpha=alpha).lasting(3), toys.ToyBackbone(toys.info(), seed=0, size=16)
        head = LinearHead(weight=np.ones((2, 8)) * [[1.0], [-1.0]], bias=np.zeros(2))
        fitted = fit(strategy, backbone, head, toys.examples(strategy, backbone), Settings(seed=0), progress=Silent())
        before = backbone.module.state_dict()
        return sum(float((t - before[n]).square().sum()) for n, t in fitted.backbone.module.state_dict().items())

    assert moved(1e4) < 0.5 * moved(0.0)
