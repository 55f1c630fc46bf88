from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize
from sklearn.metrics.pairwise import euclidean_distances

from headstart.domains.kmm import matched, projected


def test_against_a_general_solver():
    random = np.random.default_rng(0)
    source, target = random.normal(size=(15, 2)), random.normal(size=(20, 2)) + 0.8
    across = euclidean_distances(source, target, squared=True)
    scale = 2 * np.median(across)
    kernel = np.exp(-euclidean_distances(source, squared=True) / scale)
    aim = np.exp(-across / scale).sum(axis=1) * 15 / 20
    slack = (np.sqrt(15) - 1) / np.sqrt(15)
    exact = minimize(
        lambda b: 0.5 * b @ kernel @ b - aim @ b,
        np.ones(15),
        jac=lambda b: kernel @ b - aim,
        bounds=[(0.0, 10.0)] * 15,
        constraints=LinearConstraint(np.full((1, 15), 1 / 15), 1 - slack, 1 + slack),
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    found = matched(source, target, 10.0)
    assert 0.5 * found @ kernel @ found - aim @ found == pytest.approx(exact.fun, abs=2e-3)
    assert found.min() >= 0.0
    assert found.max() <= 10.0


def test_equal_domains_weigh_every_item_one():
    rows = np.random.default_rng(1).normal(size=(30, 3))
    np.testing.assert_allclose(matched(rows, rows, 10.0), 1.0, atol=1e-9)


def test_items_where_the_target_is_weigh_more():
    source = np.concatenate([np.zeros((20, 1)), np.full((20, 1), 3.0)]) + np.linspace(0, 0.1, 40)[:, None]
    weights = matched(source, np.full((30, 1), 3.0), 10.0)
    assert weights[20:].sum() > 5 * weights[:20].sum()


@pytest.mark.parametrize(("given", "expected"), [([0.5, 1.5], [0.5, 1.5]), ([-3.0, 5.0], [0.0, 2.0])])
def test_projection_by_hand(given: list[float], expected: list[float]):
    np.testing.assert_allclose(projected(np.array(given), 2.0, 0.5), expected, atol=1e-9)


def test_projection_on_the_mean():
    """Nearest to (3, 4) with mean 1 at most: both 2.5 less."""
    np.testing.assert_allclose(projected(np.array([3.0, 4.0]), 10.0, 0.0), [0.5, 1.5], atol=1e-9)
    np.testing.assert_allclose(projected(np.array([0.0, 0.2]), 10.0, 0.0), [0.9, 1.1], atol=1e-9)
