from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from headstart.validators import snd
from headstart.validators.snd import Snd
from tests.validators.cases import judged, sure


def by_definition(logits: np.ndarray) -> float:
    shares = softmax(logits, axis=1)
    unit = shares / np.linalg.norm(shares, axis=1, keepdims=True)
    total = 0.0
    for row in range(len(unit)):
        others = [unit[row] @ unit[other] / 0.05 for other in range(len(unit)) if other != row]
        chances = softmax(others)
        total -= float(np.sum(chances * np.log(chances)))
    return total / len(unit)


@pytest.mark.parametrize("block", [2, 1000])
def test_by_definition(block: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(snd, "BLOCK", block)
    logits = np.random.default_rng(0).normal(size=(7, 3))
    assert Snd().value(judged(logits=logits)) == pytest.approx(by_definition(logits))


def test_two_groups_of_three():
    """Two neighbours for each: log 2. And the failure that it is known for: all alike is log 5."""
    assert Snd().value(judged()) == pytest.approx(np.log(2), abs=1e-6)
    assert Snd().value(judged(logits=sure(np.zeros(6, dtype=int)))) == pytest.approx(np.log(5))
