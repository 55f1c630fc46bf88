from __future__ import annotations

import numpy as np
import pytest

from headstart.core import features as contract
from headstart.core.strategy import FeatureStrategy
from headstart.heads import gram
from headstart.heads import streamed as streamed_fit
from headstart.heads.logistic import fit_logistic
from headstart.heads.weights import balanced_weights
from headstart.strategies.linear_probe import LinearProbe


def data(times: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    targets = np.tile(np.repeat([0, 1, 2], [40, 20, 10]), times)
    return generator.normal(size=(70 * times, 6)) + 0.8 * np.eye(6)[targets], targets


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


@pytest.mark.parametrize(
    ("head", "times", "shortcut"), [("ridge", 6, True), ("ridge", 1, False), ("logistic", 6, False)]
)
def test_cross_fitting_is_a_fit_per_fold(head, times, shortcut):
    """Ridge takes its shortcut where the folds may share the scaling of columns, which is not so of few items."""
    features, targets = data(times)
    folds = np.stack([np.random.default_rng(r).permutation(len(targets)) % 5 for r in range(2)])
    strategy = LinearProbe(head=head)
    found = strategy.cross_fit(features, targets, 3, folds, weigh)
    anew = FeatureStrategy.cross_fit(strategy, features, targets, 3, folds, weigh)
    assert np.mean(found.argmax(2) == anew.argmax(2)) > 0.95
    assert np.array_equal(found, anew) == (not shortcut)


def test_many_items_are_fitted_fold_by_fold(monkeypatch):
    monkeypatch.setattr("headstart.heads.probe.LARGEST", 400)
    features, targets = data(6)
    folds = np.arange(420)[None] % 5
    found = LinearProbe().cross_fit(features, targets, 3, folds, weigh)
    assert np.array_equal(found, FeatureStrategy.cross_fit(LinearProbe(), features, targets, 3, folds, weigh))


@pytest.mark.parametrize("head", ["logistic", "ridge"])
def test_many_features_give_nearly_the_same_head_without_being_read_at_once(head, monkeypatch):
    features, targets = data()
    features, targets = np.tile(features, (20, 1)), np.tile(targets, 20)
    features += np.random.default_rng(2).normal(size=features.shape)
    weights, groups = [0.5, 1.0, 2.0], np.arange(1400) // 2
    inside = LinearProbe(head=head).fit(features, targets, 3, weights, groups).logits(features)
    monkeypatch.setattr(contract, "MANY_ROWS", 10)
    monkeypatch.setattr(contract, "MANY_VALUES", 1000)
    monkeypatch.setattr(contract, "BLOCK_BYTES", 4800)
    monkeypatch.setattr(streamed_fit, "SAMPLE", 400)
    monkeypatch.setattr(gram, "CALIBRATED", 400)
    streamed = LinearProbe(head=head).fit(Watched(features), targets, 3, weights, groups).logits(features)
    inside -= inside.mean(axis=1, keepdims=True)
    streamed -= streamed.mean(axis=1, keepdims=True)
    assert (streamed - inside).std() < 0.3 * inside.std()  # one of the two is calibrated on fewer rows


class Watched(contract.Features):
    """Refuses to hand out all rows at once."""

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows

    @property
    def shape(self) -> tuple[int, int]:
        return self._rows.shape

    def __getitem__(self, rows):
        return Watched(self._rows[rows])

    def blocks(self):
        return contract.blocks_of(self._rows)

    def __array__(self, dtype=None, copy=None):
        assert len(self._rows) < 500
        return self._rows.astype(dtype or np.float64)
