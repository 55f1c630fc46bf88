from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from headstart.domains._reversal import rising
from headstart.domains.mdd import Mdd, contradiction
from tests.domains.streams import HEAD, batch, exact, rows


def test_contradiction_by_hand():
    """Chances of 1/2 and 1/4."""
    logits = torch.tensor([[math.log(2.0), 0.0, 0.0], [0.0, 0.0, math.log(2.0)]])
    expected = -0.5 * (math.log(1 - 1 / 2) + math.log(1 - 1 / 4))
    assert contradiction(logits, torch.tensor([0, 1])).item() == pytest.approx(expected)


def test_contradiction_of_what_is_all_but_certain_is_finite():
    found = contradiction(torch.tensor([[80.0, 0.0, 0.0]]), torch.tensor([0]))
    assert found.item() == pytest.approx(80 - math.log(2))


def test_it_starts_with_the_heads_own_opinion():
    objective = exact(Mdd(factor=3.0).objective(HEAD))
    given = batch(rows(6, 0), rows(5, 1))
    known, wanted = (side.logits.argmax(dim=1) for side in (given.source, given.target))
    expected = 3 * cross_entropy(given.source.logits, known) + contradiction(given.target.logits, wanted)
    assert objective.loss(given).item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_adversary_learns_and_the_body_unlearns():
    objective = exact(Mdd(weight=0.5).objective(HEAD))
    source, target = rows(6, 0).requires_grad_(), rows(5, 1).requires_grad_()
    given = batch(source, target, progress=0.3)
    known, wanted = (side.logits.argmax(dim=1) for side in (given.source, given.target))
    assert objective.module is not None
    plain = 4 * cross_entropy(objective.module(source), known) + contradiction(objective.module(target), wanted)
    members = [source, target, *objective.module.parameters()]
    for number, (one, other) in enumerate(
        zip(torch.autograd.grad(plain, members), torch.autograd.grad(objective.loss(given), members), strict=True)
    ):
        torch.testing.assert_close(other, -0.5 * rising(0.3) * one if number < 2 else one)
