from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from headstart.core.errors import UserError
from headstart.domains.tent import Tent
from tests.engine import toys


def test_the_entropy_by_hand():
    logits = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]], dtype=torch.float64)
    first = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert Tent().training().loss(logits).item() == pytest.approx(0.5 * (first + math.log(2)))


def test_certain_predictions_have_none_and_a_finite_gradient():
    logits = torch.tensor([[1e4, 0.0, -1e4]], requires_grad=True)
    loss = Tent().training().loss(logits)
    loss.backward()
    assert loss.item() == 0.0
    assert torch.isfinite(logits.grad).all()


def test_gradients():
    logits = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(Tent().training().loss, (logits,))


def test_scales_and_shifts_are_trained_and_the_head_stands_still():
    body = toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE)
    preparation = Tent().training().prepare(body)
    (group,) = preparation.groups
    assert group.parameters == ("0.1.weight", "0.1.bias", "1.1.weight", "1.1.bias")
    assert preparation.head_rate == 0.0
    assert not preparation.batch_statistics


def test_a_body_without_any_is_refused():
    body = toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE)
    body.module = nn.Sequential(nn.Conv2d(3, 8, 3))
    with pytest.raises(UserError, match="toy:small has no normalisation with scales or shifts that could be trained"):
        Tent().training().prepare(body)
