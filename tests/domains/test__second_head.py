from __future__ import annotations

import numpy as np
import torch

from headstart.core.backbone import LinearHead
from headstart.domains._second_head import beside
from tests.domains.streams import HEAD


def test_a_copy():
    found = beside(HEAD)
    np.testing.assert_allclose(found.weight.detach(), HEAD.weight, rtol=1e-6)
    np.testing.assert_allclose(found.bias.detach(), HEAD.bias, rtol=1e-6)


def test_two_that_differ_by_as_much_as_they_are_asked_to():
    head = LinearHead(weight=np.random.default_rng(0).normal(size=(50, 200)), bias=np.zeros(50))
    torch.manual_seed(0)
    moved = beside(head, unlike=0.5).weight.detach().numpy() - head.weight
    np.testing.assert_allclose(moved.std(), 0.5, rtol=0.05)


def test_a_head_of_one_number():
    assert torch.isfinite(beside(LinearHead(weight=np.ones((1, 1)), bias=np.zeros(1)), unlike=1.0).weight).all()
