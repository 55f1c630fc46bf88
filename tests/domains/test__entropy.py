from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from headstart.domains._entropy import information, softmax


def test_by_hand():
    """Certain and varied: -log 2. Certain and all alike: 0. Nothing known: log 2 - log 2."""
    sure = 40.0
    assert information(np.array([[sure, 0.0], [0.0, sure]]))[0] == pytest.approx(-np.log(2))
    assert information(np.array([[sure, 0.0], [sure, 0.0]]))[0] == pytest.approx(0.0, abs=1e-12)
    assert information(np.zeros((2, 2)))[0] == pytest.approx(0.0)


def test_gradient():
    logits = np.random.default_rng(0).normal(size=(5, 3))
    numeric = approx_fprime(logits.ravel(), lambda flat: information(flat.reshape(5, 3))[0], 1e-7)
    np.testing.assert_allclose(information(logits)[1].ravel(), numeric, atol=1e-6)


def test_far_logits_stay_finite():
    value, slope = information(np.array([[1e4, 0.0], [0.0, 1e4]]))
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0]])), [[1.0, 0.0]])
