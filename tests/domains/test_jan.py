from __future__ import annotations

import math

import pytest
import torch

from headstart.domains._kernels import WIDTHS
from headstart.domains.jan import Jan
from tests.domains.streams import HEAD, batch, rows


def test_one_item_a_side_by_hand():
    """Kernels of features and of predictions, both between two items, are multiplied."""
    kernel = sum(math.exp(-1 / width) for width in WIDTHS) / len(WIDTHS)
    found = Jan(weight=2.0).objective(HEAD).loss(batch(rows(1, 0), rows(1, 1)))
    assert found.item() == pytest.approx(2.0 * (2 - 2 * kernel**2))


def test_predictions_that_have_shifted_are_seen_where_features_have_not():
    """The same features on both sides, and other predictions for them on one."""
    from dataclasses import replace

    same = batch(rows(20, 0), rows(20, 0))
    objective = Jan().objective(HEAD)
    assert objective.loss(same).item() == pytest.approx(0.0, abs=1e-12)
    other = replace(same.target, logits=torch.roll(same.target.logits, 1, dims=1))
    assert objective.loss(replace(same, target=other)).item() > 1e-3
