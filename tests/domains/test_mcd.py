from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from headstart.domains._reversal import rising
from headstart.domains.mcd import Mcd
from tests.domains.streams import HEAD, batch, exact, rows


def test_both_heads_are_right_on_the_source_and_differ_on_the_target():
    torch.manual_seed(0)
    objective = exact(Mcd(weight=2.0).objective(HEAD))
    given = batch(rows(6, 0), rows(5, 1))
    assert objective.module is not None
    first, second = objective.module.children()
    right = sum(cross_entropy(each(given.source.features), given.labels) for each in (first, second))
    chances = [torch.softmax(each(given.target.features), dim=1) for each in (first, second)]
    differ = (chances[0] - chances[1]).abs().mean()
    assert differ > 0
    assert objective.loss(given).item() == pytest.approx((right - 2 * differ).item())


def test_heads_learn_to_differ_and_the_body_not_to_let_them():
    torch.manual_seed(0)
    objective = exact(Mcd().objective(HEAD))
    target = rows(5, 1).requires_grad_()
    assert objective.module is not None
    first, second = objective.module.children()
    differ = (torch.softmax(first(target), dim=1) - torch.softmax(second(target), dim=1)).abs().mean()
    (plain,) = torch.autograd.grad(differ, target)
    (found,) = torch.autograd.grad(objective.loss(batch(rows(6, 0), target, progress=0.4)), target)
    torch.testing.assert_close(found, rising(0.4) * plain)
