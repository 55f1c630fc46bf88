from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize

from headstart.domains.kliep import coefficients, ratios


def test_against_a_general_solver():
    random = np.random.default_rng(0)
    near, mean = random.uniform(0.1, 1.0, size=(12, 4)), random.uniform(0.2, 0.9, size=4)
    exact = minimize(
        lambda a: -np.mean(np.log(near @ a)),
        np.full(4, 1.0 / mean.sum()),
        bounds=[(0.0, None)] * 4,
        constraints=LinearConstraint(mean[None], 1.0, 1.0),
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    found = coefficients(near, mean)
    assert found @ mean == pytest.approx(1.0)
    assert found.min() >= 0.0
    assert np.mean(np.log(near @ found)) == pytest.approx(-exact.fun, abs=1e-5)


def test_equal_domains_weigh_about_one():
    rows = np.random.default_rng(1).normal(size=(200, 2))
    found = ratios(rows, rows, 100)
    assert found.mean() == pytest.approx(1.0)
    assert np.abs(np.log(found)).mean() < 0.25


def test_the_ratio_of_two_normal_densities():
    """N(1, 1) over N(0, 1) is exp(x - 1/2)."""
    random = np.random.default_rng(2)
    source = random.normal(size=(1500, 1))
    found = ratios(source, random.normal(size=(1500, 1)) + 1.0, 100)
    inner = np.abs(source[:, 0]) < 1.5
    assert np.abs(np.log(found[inner]) - (source[inner, 0] - 0.5)).mean() < 0.2
