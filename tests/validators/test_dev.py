from __future__ import annotations

import numpy as np
import pytest

from headstart.validators.dev import Dev
from tests.validators.cases import judged, sure


def test_by_hand():
    """w = (2, 0, 1, 1.4), l = (1, 0, 0, 0): mean wl = 1/2, eta = -Cov(wl, w) / Var(w)."""
    weights = np.array([2.0, 0.0, 1.0, 1.4])
    losses = np.array([2.0, 0.0, 0.0, 0.0])
    eta = -np.cov(losses, weights, ddof=0)[0, 1] / np.var(weights)
    case = judged(held=sure(np.array([1, 0, 1, 1])), weights=weights.tolist())
    assert Dev().value(case) == pytest.approx(-(0.5 + eta * (1.1 - 1.0)))


def test_equal_weights_give_the_plain_error():
    assert Dev().value(judged(held=sure(np.array([1, 0, 1, 1])))) == pytest.approx(-0.25)


def test_the_estimate_scatters_less_than_without():
    """Items drawn anew: the mean stays, the spread shrinks."""
    random = np.random.default_rng(0)
    plain, found = [], []
    for _ in range(400):
        weights = random.exponential(size=60)
        wrong = random.uniform(size=60) < 0.3
        held = sure(np.where(wrong, 1, 0))
        plain.append(-np.mean(weights * wrong))
        found.append(Dev().value(judged(labels=[0] * 60, held=held, weights=weights.tolist())))
    assert np.mean(found) == pytest.approx(-0.3, abs=0.02)
    assert np.std(found) < np.std(plain)
