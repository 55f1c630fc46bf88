from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.special import logsumexp

from headstart.domains import _sinkhorn
from headstart.domains._sinkhorn import plan


def in_the_log_domain(cost: np.ndarray, regularisation: float) -> np.ndarray:
    rows, columns = cost.shape
    over, under = np.zeros(rows), np.zeros(columns)
    for _ in range(20_000):
        under = -regularisation * (logsumexp((over[:, None] - cost) / regularisation, axis=0) + np.log(columns))
        over = -regularisation * (logsumexp((under - cost) / regularisation, axis=1) + np.log(rows))
    return np.exp((over[:, None] + under - cost) / regularisation)


@pytest.mark.parametrize("regularisation", [1.0, 0.1, 0.02])
def test_as_in_the_log_domain(regularisation: float):
    cost = np.random.default_rng(0).uniform(size=(7, 5))
    found, _ = plan(cost, regularisation, close=1e-6)
    np.testing.assert_allclose(found, in_the_log_domain(cost, regularisation), atol=1e-6)


def test_by_hand_two_by_two():
    """``G = [[a, 1/2 - a], [1/2 - a, a]]`` with ``a / (1/2 - a) = exp(1 / r)`` for costs 0 and 1."""
    found, _ = plan(np.array([[0.0, 1.0], [1.0, 0.0]]), 0.5, close=1e-6)
    odds = np.exp(1.0 / 0.5)
    assert found[0, 0] == pytest.approx(0.5 * odds / (1 + odds), abs=1e-6)
    assert found.sum() == pytest.approx(1.0)


def test_marginals():
    found, _ = plan(np.random.default_rng(1).uniform(size=(30, 20)), 0.05, close=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1 / 30, atol=1e-7)
    np.testing.assert_allclose(found.sum(axis=0), 1 / 20, atol=1e-6)


def test_little_entropy_comes_near_the_exact_plan():
    cost = np.random.default_rng(2).uniform(size=(6, 6))
    rows = np.kron(np.eye(6), np.ones(6))
    columns = np.kron(np.ones(6), np.eye(6))
    exact = linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.full(12, 1 / 6))
    assert np.sum(plan(cost, 0.002)[0] * cost) == pytest.approx(exact.fun, abs=0.002)


def test_costs_that_would_overflow():
    """exp(-cost / regularisation) is 0 in double precision for most of these."""
    cost = 50.0 * np.random.default_rng(3).uniform(size=(20, 30)) + 1000.0
    found, _ = plan(cost, 0.01)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(axis=1), 1 / 20, atol=1e-3)


def test_a_plan_of_similar_costs_starts_where_the_last_one_ended(monkeypatch: pytest.MonkeyPatch):
    cost = np.random.default_rng(4).uniform(size=(40, 30))
    found, potentials = plan(cost, 0.02, close=1e-6)
    monkeypatch.setattr(_sinkhorn, "STEPS", 5)
    again, _ = plan(cost, 0.02, potentials, close=1e-6)
    np.testing.assert_allclose(again, found, atol=1e-7)
    cold, _ = plan(cost, 0.02, close=1e-6)
    assert np.abs(cold - found).max() > 1e-6


def test_an_item_that_is_far_from_all_others_is_reached_at_once():
    cost = np.random.default_rng(5).uniform(size=(20, 30))
    cost[:, 7] += 100.0
    found, _ = plan(cost, 0.01, close=1e-5)
    np.testing.assert_allclose(found.sum(axis=0), 1 / 30, atol=1e-5)


def test_over_relaxation_takes_fewer_iterations_to_the_same_plan(monkeypatch: pytest.MonkeyPatch):
    random = np.random.default_rng(6)
    cost = random.uniform(size=(60, 60)) + 2.0 * (random.integers(0, 2, 60)[:, None] != random.integers(0, 2, 60))
    monkeypatch.setattr(_sinkhorn, "STEPS", 100_000)
    turns = []

    def counted(errors: list[float], used: float) -> float:
        turns.append(len(errors))
        return _relaxation(errors, used)

    _relaxation = _sinkhorn._relaxation
    monkeypatch.setattr(_sinkhorn, "_relaxation", counted)
    relaxed, _ = plan(cost, 0.05, close=1e-5)
    fast = turns[-1]
    monkeypatch.setattr(_sinkhorn, "_relaxation", lambda errors, used: turns.append(len(errors)) or 1.0)
    plain, _ = plan(cost, 0.05, close=1e-5)
    assert fast < turns[-1] / 3
    np.testing.assert_allclose(relaxed, plain, atol=2e-6)


def test_the_factor_is_that_of_successive_over_relaxation():
    plain = [0.81**turn for turn in range(12)]
    assert _sinkhorn._relaxation(plain, 1.0) == pytest.approx(2 / (1 + np.sqrt(1 - 0.81)))
    assert _sinkhorn._relaxation(plain[::-1], 1.7) == 1.0  # errors that grow
    assert _sinkhorn._relaxation([1.0] * 12, 1.7) == 1.0
    best = 2 / (1 + np.sqrt(1 - 0.81))
    again = _sinkhorn._relaxation([(best - 1) ** turn for turn in range(12)], best)
    assert again == pytest.approx(best)  # the rate with the best factor is the factor less one
