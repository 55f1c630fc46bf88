from __future__ import annotations

from itertools import permutations

import pytest
import torch

from headstart.domains.deep_jdot import DeepJdot
from tests.domains.streams import HEAD, batch, rows


def costs(given, alpha: float, beta: float) -> torch.Tensor:
    found = torch.zeros(len(given.labels), len(given.target.logits), dtype=torch.float64)
    for i in range(len(found)):
        for j in range(found.shape[1]):
            distance = ((given.source.features[i] - given.target.features[j]) ** 2).mean()
            loss = -torch.log_softmax(given.target.logits[j], dim=0)[given.labels[i]]
            found[i, j] = alpha * distance + beta * loss
    return found


def test_the_cheapest_of_all_plans():
    given = batch(rows(5, 0), rows(5, 1))
    table = costs(given, 0.7, 1.3)
    best = min(sum(table[i, plan[i]].item() for i in range(5)) for plan in permutations(range(5)))
    found = DeepJdot(alpha=0.7, beta=1.3).objective(HEAD).loss(given)
    assert found.item() == pytest.approx(best / 5)


def test_items_that_are_where_they_were_stay_there():
    same = rows(5, 0)
    assert DeepJdot(alpha=1.0, beta=0.0).objective(HEAD).loss(batch(same, same[torch.randperm(5)])).item() == 0.0


def test_of_different_numbers_some_are_left_out():
    given = batch(rows(3, 0), rows(5, 1))
    table = costs(given, 0.1, 1.0)
    best = min(sum(table[i, plan[i]].item() for i in range(3)) for plan in permutations(range(5), 3))
    assert DeepJdot().objective(HEAD).loss(given).item() == pytest.approx(best / 3)
