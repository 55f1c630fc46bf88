"""Nested cross-fitting from one decomposition, against a fit of its own for every fold and every left-out item."""

import numpy as np
import pytest

from headstart.heads.nested import nested
from headstart.heads.ridge import ridge_path

SHAPES = [(30, 60), (30, 30), (40, 6)]


def _sample(items, width, seed=0):
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, 3, items)
    features = generator.normal(size=(items, width)) + np.eye(3, width)[targets] * 1.5
    features[1] = features[0]
    return features, targets, np.stack([generator.permutation(items) % 4 for _ in range(2)])


def _alone(features, targets, path, held, rest, inner):
    """Index, inner logits and held-out logits of the training part fitted by itself over the same penalties."""
    alone = ridge_path(features[rest], targets[rest], 3, path.weights[rest], path.lambdas)
    logits = [alone.out_of_fold(i, inner[rest]) for i in range(len(path.lambdas))]
    root = np.sqrt(path.weights[rest])[:, None]
    best = int(np.argmin([np.sum((root * (each - alone.signs)) ** 2) for each in logits]))
    return logits[best], alone.head(best).logits(features[held])


@pytest.mark.parametrize(("items", "width"), SHAPES)
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_equals_fitting_every_training_part_anew(items, width, tied, weighted):
    features, targets, folds = _sample(items, width)
    inner = np.arange(items) // 3 if tied else np.arange(items)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, items) if weighted else None
    # With as many items as features the error has a second valley at weak penalties; the walk finds the one it is in.
    path = ridge_path(features, targets, 3, weights, np.logspace(1 if items == width else -2, 4, 7))
    for start in (0, 3, 6):
        for numbers, parts in zip(folds, nested(path, folds, inner, start=start), strict=True):
            for name, part in zip(np.unique(numbers), parts, strict=True):
                held, rest = np.flatnonzero(numbers == name), np.flatnonzero(numbers != name)
                logits, predicted = _alone(features, targets, path, held, rest, inner)
                assert np.array_equal(part.held, held)
                assert np.array_equal(part.rest, rest)
                np.testing.assert_allclose(part.logits, logits, atol=1e-8)
                np.testing.assert_allclose(part.predicted, predicted, atol=1e-8)


def test_one_fold_leaves_nothing_to_fit_on():
    features, targets, _ = _sample(30, 60)
    path = ridge_path(features, targets, 3)
    with pytest.raises(ValueError, match=r"leaves at least 2 items to fit on, got one that leaves 0\. Ask for"):
        nested(path, np.zeros((1, 30), dtype=np.int64), np.arange(30), start=0)
    with pytest.raises(ValueError, match="got one that leaves 1"):
        nested(path, (np.arange(30) == 3)[None].astype(np.int64), np.arange(30), start=0)


def test_a_rest_that_is_one_inner_fold_is_left_out_item_by_item():
    features, targets, _ = _sample(40, 60)
    path = ridge_path(features, targets, 3)
    halves = np.arange(40) % 2
    tied, free = (nested(path, halves[None], inner, start=14)[0] for inner in (halves, np.arange(40)))
    for one, other in zip(tied, free, strict=True):
        np.testing.assert_array_equal(one.logits, other.logits)
