"""Against refitting without each fold, and against the probe in memory."""

import numpy as np
import pytest

from headstart.core import features as contract
from headstart.heads.gram import fit_probe_streamed
from headstart.heads.probe import fit_probe
from headstart.heads.ridge import ridge_path
from headstart.heads.standardise import Standardiser


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(contract, "BLOCK_BYTES", 400)


def _data(items=60, width=7, outputs=3):
    rng = np.random.default_rng(0)
    targets = rng.integers(outputs, size=items)
    return rng.normal(size=(items, width)) + 50.0 + np.eye(outputs, width)[targets], targets


@pytest.mark.parametrize("width", [7, 80])
def test_equals_refits_without_each_fold(width):
    features, targets = _data(width=width)
    folds = np.arange(60) // 4 % 5
    fit = fit_probe_streamed(features, targets, 3, [1.0] * 3, folds=folds)
    rows, signs = Standardiser.of(features).apply(features), np.where(targets[:, None] == np.arange(3), 1.0, -1.0)
    errors = np.zeros(len(fit.lambdas))
    paths = [ridge_path(rows[folds != fold], targets[folds != fold], 3, lambdas=fit.lambdas) for fold in range(5)]
    for fold, path in enumerate(paths):
        held = folds == fold
        errors += [np.sum((path.head(i).logits(rows[held]) - signs[held]) ** 2) for i in range(len(errors))]
    np.testing.assert_allclose(fit.errors, errors, rtol=1e-8)
    best = int(np.argmin(errors))
    assert fit.penalty == fit.lambdas[best]
    for found, path in zip(fit.fold_heads, paths, strict=True):
        np.testing.assert_allclose(found.logits(features), path.head(best).logits(rows), atol=1e-8)
    whole = ridge_path(rows, targets, 3, lambdas=fit.lambdas).head(best)
    expected = fit.calibration.apply(whole.logits(rows))
    np.testing.assert_allclose(fit.head.logits(features), expected, atol=1e-8)


def test_single_items_as_folds_are_the_probe_in_memory():
    features, targets = _data()
    weights = [0.5, 1.0, 2.0]
    single = fit_probe_streamed(features, targets, 3, weights, folds=np.arange(60))
    np.testing.assert_allclose(
        single.head.logits(features), fit_probe(features, targets, 3, weights).logits(features), atol=1e-6
    )


def test_a_column_that_does_not_vary_counts_nothing():
    features, targets = _data()
    features[:, 2] = 1e6 / 3
    fit = fit_probe_streamed(features, targets, 3, [1.0] * 3)
    assert np.all(fit.head.weight[:, 2] == 0.0)


def test_ties_stay_together_where_no_folds_are_given():
    features, targets = _data()
    copied, labels = np.repeat(features, 2, axis=0), np.repeat(targets, 2)
    apart = fit_probe_streamed(copied, labels, 3, [1.0] * 3)
    tied = fit_probe_streamed(copied, labels, 3, [1.0] * 3, np.repeat(np.arange(60), 2))
    assert tied.errors.min() > apart.errors.min()


def test_refuses_what_it_cannot_fit():
    features, targets = _data()
    with pytest.raises(ValueError, match=r"at least 2 items with one target each, got 60 and \(59,\)"):
        fit_probe_streamed(features, targets[1:], 3, [1.0] * 3)
    with pytest.raises(ValueError, match="items in at least two folds, got one fold"):
        fit_probe_streamed(features, targets, 3, [1.0] * 3, folds=np.zeros(60, dtype=np.int64))
