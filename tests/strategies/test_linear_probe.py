from __future__ import annotations

import numpy as np
import pytest

from headstart.core.strategy import FeatureStrategy
from headstart.heads.logistic import fit_logistic
from headstart.heads.weights import balanced_weights
from headstart.strategies.linear_probe import LinearProbe


def data() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    targets = np.repeat([0, 1, 2], [40, 20, 10])
    return generator.normal(size=(70, 6)) + 0.8 * np.eye(6)[targets], targets


def weigh(targets: np.ndarray) -> list[float]:
    return balanced_weights(targets, 3).tolist()


def test_logistic_shifts_its_bias_by_the_log_class_weights_and_changes_nothing_else():
    features, targets = data()
    weights = [0.5, 1.0, 2.0]
    plain = fit_logistic(features, targets, 3).head
    head = LinearProbe(head="logistic").fit(features, targets, 3, weights)
    assert np.array_equal(head.weight, plain.weight)
    assert np.allclose(head.bias - plain.bias, np.log(weights))


def test_ridge_and_logistic_mostly_agree():
    features, targets = data()
    ridge = LinearProbe().fit(features, targets, 3, weigh(targets))
    logistic = LinearProbe(head="logistic").fit(features, targets, 3, weigh(targets))
    agree = ridge.logits(features).argmax(axis=1) == logistic.logits(features).argmax(axis=1)
    assert np.mean(agree) > 0.75
    assert not np.allclose(ridge.weight, logistic.weight)


@pytest.mark.parametrize("head", ["ridge", "logistic"])
def test_cross_fitting_is_a_fit_per_fold(head):
    features, targets = data()
    folds = np.stack([np.random.default_rng(r).permutation(70) % 5 for r in range(2)])
    strategy = LinearProbe(head=head)
    found = strategy.cross_fit(features, targets, 3, folds, weigh)
    anew = FeatureStrategy.cross_fit(strategy, features, targets, 3, folds, weigh)
    assert np.mean(found.argmax(2) == anew.argmax(2)) > 0.95
    assert np.array_equal(found, anew) == (head == "logistic")


def test_many_items_are_fitted_fold_by_fold(monkeypatch):
    monkeypatch.setattr("headstart.heads.probe.LARGEST", 69)
    features, targets = data()
    folds = np.arange(70)[None] % 5
    found = LinearProbe().cross_fit(features, targets, 3, folds, weigh)
    assert np.array_equal(found, FeatureStrategy.cross_fit(LinearProbe(), features, targets, 3, folds, weigh))
