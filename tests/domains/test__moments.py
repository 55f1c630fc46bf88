from __future__ import annotations

import numpy as np

from headstart.domains._moments import Moments, power


def test_powers_multiply():
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    np.testing.assert_allclose(power(matrix, 0.5) @ power(matrix, 0.5), matrix)
    np.testing.assert_allclose(power(matrix, -0.5) @ power(matrix, 0.5), np.eye(2), atol=1e-12)


def test_empty_directions_stay_empty():
    np.testing.assert_allclose(power(np.diag([4.0, 0.0]), -0.5), np.diag([0.5, 0.0]))
    np.testing.assert_allclose(power(np.zeros((2, 2)), -0.5), 0.0)


def test_few_rows_are_shrunk_and_many_are_not():
    random = np.random.default_rng(0)
    truth = np.diag([1.0, 2.0, 3.0])
    few, many = (Moments.of(random.normal(size=(count, 3)) @ np.sqrt(truth)).covariance for count in (10, 100_000))
    np.testing.assert_allclose(many, truth, atol=0.05)
    spread = np.ptp(np.linalg.eigvalsh(few)) / np.trace(few)
    assert spread < 0.6
