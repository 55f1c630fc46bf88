import numpy as np
import pytest

from headstart.scores.ridge_loo import RidgeLeaveOneOut
from tests.scores.samples import SHAPES, sample


def _by_hand(features, targets):
    """Refit without each item at every penalty, choose by squared error, then give the intercept its balance back."""
    names, labels, counts = np.unique(targets, return_inverse=True, return_counts=True)
    items, classes = len(targets), len(names)
    weights = (items / (classes * counts))[labels]
    signs = np.where(labels[:, None] == np.arange(classes), 1.0, -1.0)
    mean = np.average(features, axis=0, weights=weights)
    total = np.sum(weights[:, None] * (features - mean) ** 2)
    best = (np.inf, None)
    for penalty in np.logspace(-4, 3, 29) * total / min(items - 1, features.shape[1]):
        logits = np.empty((items, classes))
        for i in range(items):
            kept = np.arange(items) != i
            design = np.column_stack([features[kept], np.ones(items - 1)])
            ridge = penalty * np.diag(np.append(np.ones(features.shape[1]), 0.0))
            weighted = design * weights[kept, None]
            solution = np.linalg.solve(design.T @ weighted + ridge, weighted.T @ signs[kept])
            logits[i] = np.append(features[i], 1.0) @ solution
        error = weights @ np.sum((logits - signs) ** 2, axis=1)
        best = min(best, (error, logits), key=lambda pair: pair[0])
    balance = np.average(signs, axis=0, weights=weights)
    left_out = np.array(
        [np.average(np.delete(signs, i, 0), axis=0, weights=np.delete(weights, i)) for i in range(items)]
    )
    right = (best[1] + balance - left_out).argmax(axis=1) == labels
    return np.mean([right[labels == label].mean() for label in range(classes)])


@pytest.mark.parametrize(("items", "width"), SHAPES)
def test_equals_refitting(items, width):
    features, targets = sample(items, width)
    assert RidgeLeaveOneOut().score(features, targets) == pytest.approx(_by_hand(features, targets), abs=1e-12)


def test_labels_at_random_score_like_guessing():
    generator = np.random.default_rng(0)
    values = [
        RidgeLeaveOneOut().score(generator.normal(size=(60, 100)), (generator.random(60) < 0.3).astype(int))
        for _ in range(40)
    ]
    assert abs(np.mean(values) - 0.5) < 0.04
