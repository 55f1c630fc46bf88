"""Every prediction of the path against refitting without the item or the fold."""

import numpy as np
import pytest
from scipy.special import softmax

from headstart.heads.ridge import fit_ridge, ridge_path
from headstart.heads.weights import balanced_weights


def _refit(features, targets, outputs, weights, penalty, left_out):
    kept = np.setdiff1d(np.arange(len(features)), left_out)
    design = np.column_stack([features[kept], np.ones(len(kept))])
    signs = np.where(targets[kept, None] == np.arange(outputs), 1.0, -1.0)
    ridge = penalty * np.eye(design.shape[1])
    ridge[-1, -1] = 0.0
    weighted = design * weights[kept, None]
    solution = np.linalg.solve(design.T @ weighted + ridge, weighted.T @ signs)
    return np.column_stack([features[left_out], np.ones(len(left_out))]) @ solution


def _sample(items, width, outputs, seed=0):
    """Far from the origin, with duplicate rows and columns, a constant column and a class of one item."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(items, width)) + 3.0
    features[1], features[3] = features[0], features[2]
    features[:, 0], features[:, 1] = 5.0, features[:, 2]
    targets = np.where(np.arange(items) == 5, outputs - 1, np.arange(items) % (outputs - 1))
    return features, targets, generator


SHAPES = [(20, 50, 3), (20, 20, 3), (21, 20, 2), (22, 20, 2), (40, 6, 4)]


@pytest.mark.parametrize(("items", "width", "outputs"), SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
def test_leave_one_out_equals_refitting(items, width, outputs, weighted):
    features, targets, generator = _sample(items, width, outputs)
    weights = generator.uniform(0.2, 3.0, items) if weighted else np.ones(items)
    path = ridge_path(features, targets, outputs, weights if weighted else None)
    assert path.loo_logits.shape == (len(path.lambdas), items, outputs)
    for index in (0, 10, 20, -1):
        expected = np.vstack(
            [_refit(features, targets, outputs, weights, path.lambdas[index], np.array([i])) for i in range(items)]
        )
        np.testing.assert_allclose(path.loo(index), expected, atol=1e-8)


@pytest.mark.parametrize(("items", "width", "outputs"), SHAPES)
def test_out_of_fold_equals_refitting_for_uneven_folds(items, width, outputs):
    features, targets, generator = _sample(items, width, outputs)
    weights = balanced_weights(targets, outputs)[targets]
    path = ridge_path(features, targets, outputs, weights)
    folds = generator.choice([0, 0, 1, 7], size=items)
    for index in (0, 15, -1):
        logits = path.out_of_fold(index, folds)
        for name in np.unique(folds):
            rows = np.flatnonzero(folds == name)
            expected = _refit(features, targets, outputs, weights, path.lambdas[index], rows)
            np.testing.assert_allclose(logits[rows], expected, atol=1e-8)


@pytest.mark.parametrize(("items", "width", "outputs"), SHAPES)
def test_head_equals_direct_solution(items, width, outputs):
    features, targets, generator = _sample(items, width, outputs)
    weights = generator.uniform(0.2, 3.0, items)
    path = ridge_path(features, targets, outputs, weights, lambdas=[0.5, 20.0])
    fresh = generator.normal(size=(7, width)) + 3.0
    both, last = np.vstack([features, fresh]), items + np.arange(7)
    for index, penalty in enumerate(path.lambdas):
        expected = _refit(
            both, np.append(targets, np.zeros(7, int)), outputs, np.append(weights, np.ones(7)), penalty, last
        )
        np.testing.assert_allclose(path.head(index).logits(fresh), expected, atol=1e-9)


def test_penalty_has_the_least_squared_leave_one_out_error_and_the_logits_are_calibrated():
    generator = np.random.default_rng(0)
    targets = np.arange(200) % 4 // 2  # two classes, in pairs
    features = generator.normal(size=(200, 60)) + 0.8 * targets[:, None] * (np.arange(60) < 4)
    weights = np.where(targets == 1, 0.5, 1.5)
    fit, path = fit_ridge(features, targets, 2, weights), ridge_path(features, targets, 2, weights)
    errors = np.einsum("n,lnc->l", weights, (path.loo_logits - path.signs) ** 2)
    best = int(errors.argmin())
    assert 0 < best < len(errors) - 1
    assert fit.penalty == path.lambdas[best]
    np.testing.assert_allclose(fit.loo_logits * fit.temperature, path.loo(best))
    np.testing.assert_allclose(fit.head.logits(features) * fit.temperature, path.head(best).logits(features))
    chances = softmax(fit.loo_logits, axis=1)
    claimed, right = chances.max(axis=1), chances.argmax(axis=1) == targets
    assert abs(np.average(claimed, weights=weights) - np.average(right, weights=weights)) < 0.04


def test_single_precision_features_are_raised_to_double():
    features, targets, _ = _sample(20, 50, 3)
    single = features.astype(np.float32)
    double = ridge_path(single.astype(np.float64), targets, 3)
    np.testing.assert_array_equal(ridge_path(single, targets, 3).loo(3), double.loo(3))


def test_features_that_are_all_constant_predict_the_mean_of_the_others():
    targets = np.array([0, 0, 0, 1])
    loo = ridge_path(np.full((4, 3), 2.0), targets, 2).loo(0)
    np.testing.assert_allclose(loo[:, 0], [1 / 3, 1 / 3, 1 / 3, 1.0])


def test_class_without_items_never_wins():
    head = ridge_path(np.random.default_rng(0).normal(size=(10, 4)), np.arange(10) % 2, 3).head(0)
    np.testing.assert_allclose(head.weight[2], 0.0, atol=1e-12)
    assert head.bias[2] == pytest.approx(-1.0)


def test_refuses_what_it_cannot_fit():
    features, targets = np.ones((4, 2)), np.array([0, 1, 0, 1])
    with pytest.raises(ValueError, match="at least 2 items"):
        ridge_path(features[:1], targets[:1], 2)
    with pytest.raises(ValueError, match="non-empty list of positive numbers"):
        ridge_path(features, targets, 2, lambdas=[1.0, 0.0])
    with pytest.raises(ValueError, match=r"Item weights must be positive and finite with shape \(4,\)"):
        ridge_path(features, targets, 2, np.array([1.0, 0.0, 1.0, 1.0]))
    with pytest.raises(ValueError, match="at least two folds"):
        ridge_path(features, targets, 2).out_of_fold(0, np.zeros(4, int))
