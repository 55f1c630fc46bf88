from __future__ import annotations

import numpy as np
import pytest

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
    rows = random.normal(size=(10, 3)) @ np.sqrt(truth)
    few, many = Moments.of(rows).covariance, Moments.of(random.normal(size=(100_000, 3)) @ np.sqrt(truth)).covariance
    np.testing.assert_allclose(many, truth, atol=0.05)
    raw = np.cov(rows.T, ddof=0)
    apart = ~np.eye(3, dtype=bool)
    assert np.abs(few[apart]).max() < 0.5 * np.abs(raw[apart]).max()
    np.testing.assert_allclose(few.diagonal(), raw.diagonal())


def test_a_column_that_does_not_vary_has_no_variance():
    rows = np.column_stack([np.random.default_rng(0).normal(size=(20, 2)), np.full(20, 0.1)])
    found = Moments.of(rows)
    np.testing.assert_array_equal(found.covariance[2], 0.0)
    assert found.mean[2] == pytest.approx(0.1)
    assert (found.covariance.diagonal()[:2] > 0).all()
