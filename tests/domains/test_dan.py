from __future__ import annotations

import math

import pytest
import torch

from headstart.domains._kernels import WIDTHS
from headstart.domains.dan import Dan
from tests.domains.streams import HEAD, batch, rows


def test_one_item_a_side_by_hand():
    """Two items: the usual squared distance is theirs, whatever it is."""
    kernel = sum(math.exp(-1 / width) for width in WIDTHS) / len(WIDTHS)
    found = Dan(weight=3.0).objective(HEAD).loss(batch(rows(1, 0), rows(1, 1)))
    assert found.item() == pytest.approx(3.0 * (2 - 2 * kernel))


def test_none_where_nothing_has_shifted_and_more_the_further_it_has():
    objective, source = Dan().objective(HEAD), rows(20, 0)
    losses = [objective.loss(batch(source, source + away)).item() for away in (0.0, 0.3, 1.0)]
    assert losses[0] == pytest.approx(0.0, abs=1e-12)
    assert losses[0] < losses[1] < losses[2]


def test_its_gradient_brings_the_sides_together():
    source, target = rows(20, 0), rows(20, 1, 2.0).requires_grad_()
    loss = Dan().objective(HEAD).loss(batch(source, target))
    (slope,) = torch.autograd.grad(loss, target)
    assert (slope.mean(dim=0) > 0).all()
    assert Dan().objective(HEAD).loss(batch(source, target - 10 * slope)).item() < loss.item()
