import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from headstart.heads.temperature import fit_temperature


def _logits(items=4000, classes=3, seed=0):
    return np.random.default_rng(seed).normal(size=(items, classes)) * 2.0


def _draw(logits, seed=1):
    chances = softmax(logits, axis=1).cumsum(axis=1)
    return (np.random.default_rng(seed).random((len(logits), 1)) > chances).sum(axis=1)


@pytest.mark.parametrize("factor", [0.2, 1.0, 7.0])
def test_undoes_a_factor(factor):
    logits = _logits()
    assert fit_temperature(factor * logits, _draw(logits)) == pytest.approx(factor, rel=0.05)


def test_minimises_the_smoothed_log_loss():
    logits, weights = _logits(60), np.random.default_rng(2).uniform(0.5, 2.0, 60)
    targets = _draw(logits)
    smooth = np.full((60, 3), 1 / 61 / 3)
    smooth[np.arange(60), targets] += 60 / 61

    def loss(log_temperature):
        return weights @ -np.sum(smooth * log_softmax(logits / np.exp(log_temperature), axis=1), axis=1)

    best = np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9}).x)
    assert fit_temperature(logits, targets, weights) == pytest.approx(best, rel=1e-4)


def test_separable_items_give_the_smoothed_confidence_not_certainty():
    targets = np.arange(20) % 2
    logits = np.where(targets[:, None] == np.arange(2), 1.0, -1.0)
    confidence = softmax(logits / fit_temperature(logits, targets), axis=1).max(axis=1)
    np.testing.assert_allclose(confidence, 1 - 1 / 21 / 2)


def test_logits_that_mislead_are_flattened():
    logits = _logits(200, 2)
    flat = softmax(logits / fit_temperature(logits, logits.argmin(axis=1)), axis=1)
    np.testing.assert_allclose(flat, 0.5, atol=1e-3)


def test_logits_that_say_nothing_are_left_alone():
    assert fit_temperature(np.ones((5, 3)), np.zeros(5, int)) == 1.0
