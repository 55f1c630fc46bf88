from __future__ import annotations

import math

import pytest
import torch

from headstart.domains._reversal import HIDDEN, discriminator, reversed_gradient, rising, told_apart


def test_values_stay_and_gradients_come_back_reversed():
    given = torch.tensor([1.0, -2.0], requires_grad=True)
    found = reversed_gradient(given, 0.3)
    assert torch.equal(found, given)
    (found * torch.tensor([10.0, 1.0])).sum().backward()
    torch.testing.assert_close(given.grad, torch.tensor([-3.0, -0.3]))


def test_the_rise_by_hand():
    assert rising(0.0) == 0.0
    assert rising(0.1) == pytest.approx((1 - math.exp(-1)) / (1 + math.exp(-1)))
    assert rising(1.0) == pytest.approx(1.0, abs=1e-4)


def test_a_judge_by_hand():
    """Logits 2 for the source and -1 for the target: both lean the right way."""
    judge = torch.nn.Identity()
    found = told_apart(judge, torch.tensor([[2.0]]), torch.tensor([[-1.0], [1.0]]))
    sides = math.log1p(math.exp(-2)), 0.5 * (math.log1p(math.exp(-1)) + math.log1p(math.exp(1)))
    assert found.item() == pytest.approx(0.5 * sum(sides))


def test_items_count_by_weights():
    judge, source, target = torch.nn.Identity(), torch.tensor([[2.0], [0.0]]), torch.tensor([[0.0]])
    found = told_apart(judge, source, target, (torch.tensor([3.0, 1.0]), torch.tensor([5.0])))
    expected = 0.5 * ((3 * math.log1p(math.exp(-2)) + math.log(2)) / 4 + math.log(2))
    assert found.item() == pytest.approx(expected)


def test_a_discriminator_has_two_hidden_layers():
    shapes = [tuple(parameter.shape) for parameter in discriminator(7).parameters() if parameter.ndim > 1]
    assert shapes == [(HIDDEN, 7), (HIDDEN, HIDDEN), (1, HIDDEN)]
