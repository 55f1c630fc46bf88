from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from headstart.domains.mcc import Mcc, confusion
from tests.domains.streams import HEAD, batch, logits, rows


def test_the_paper_item_by_item():
    """With loops: certainty weights, correlations of classes, shares of the row, what is off the diagonal."""
    given = logits(rows(6, 3)) / 2.5
    chances = torch.softmax(given, dim=1).numpy()
    weights = [1 + math.exp(sum(p * math.log(p) for p in row)) for row in chances]
    weights = [len(chances) * weight / sum(weights) for weight in weights]
    together = np.zeros((3, 3))
    for j in range(3):
        for k in range(3):
            together[j, k] = sum(w * row[j] * row[k] for w, row in zip(weights, chances, strict=True))
    shares = together / together.sum(axis=1, keepdims=True)
    expected = sum(shares[j, k] for j in range(3) for k in range(3) if j != k) / 3
    assert confusion(given).item() == pytest.approx(expected)
    found = Mcc(weight=2.0, temperature=2.5).objective(HEAD).loss(batch(rows(6, 0), rows(6, 3)))
    assert found.item() == pytest.approx(2 * expected)


def test_certain_predictions_of_all_classes_are_not_confused():
    assert confusion(50 * torch.eye(3)).item() == pytest.approx(0.0, abs=1e-6)


def test_predictions_that_say_nothing_are_confused_with_all_the_others():
    assert confusion(torch.zeros(4, 3)).item() == pytest.approx(2 / 3)


def test_gradients():
    """The certainty of items is taken as given, so that differences see it only where all are equally certain."""
    given = torch.tensor([[1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], dtype=torch.float64)
    turned = given.clone().requires_grad_()
    confusion(turned).backward()
    step = 1e-3 * turned.grad
    assert confusion(given - step).item() < confusion(given).item()


def test_features_and_labels_of_the_source_play_no_part():
    objective = Mcc().objective(HEAD)
    first, second = (objective.loss(batch(rows(6, seed), rows(6, 3))) for seed in (0, 1))
    assert first.item() == second.item()
