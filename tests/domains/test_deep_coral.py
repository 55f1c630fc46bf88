from __future__ import annotations

import pytest
import torch

from headstart.domains.deep_coral import DeepCoral
from tests.domains.streams import HEAD, batch, rows, slopes_are_right


def loss(source: torch.Tensor, target: torch.Tensor, weight: float = 1.0) -> torch.Tensor:
    return DeepCoral(weight=weight).objective(HEAD).loss(batch(source, target))


def test_by_hand():
    """Variances 2 and 8 in one of four columns, means 0 and 1 there: 36 / 64 and 1 / 4."""
    source, target = torch.zeros(2, 4), torch.zeros(2, 4)
    source[:, 0], target[:, 0] = torch.tensor([-1.0, 1.0]), torch.tensor([-1.0, 3.0])
    assert loss(source, target).item() == pytest.approx(36 / 64 + 1 / 4)
    assert loss(source, target, 10.0).item() == pytest.approx(10 * (36 / 64 + 1 / 4))


def test_none_where_both_moments_are_alike():
    assert loss(rows(9, 0), rows(9, 0)[torch.randperm(9)]).item() == pytest.approx(0.0, abs=1e-12)


def test_gradients():
    assert slopes_are_right(loss)
