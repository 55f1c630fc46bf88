"""Against counting neighbours one item at a time."""

import numpy as np
import pytest

from headstart.heads import knn
from headstart.heads.knn import neighbour_probabilities
from headstart.heads.weights import balanced_weights


def _slowly(features, targets, outputs, k, groups):
    shares = np.zeros((len(features), outputs))
    weights = balanced_weights(targets, outputs)
    for i, item in enumerate(features):
        cosines = [
            (item @ other / np.linalg.norm(item) / np.linalg.norm(other), j)
            for j, other in enumerate(features)
            if groups[j] != groups[i]
        ]
        for cosine, j in sorted(cosines, key=lambda pair: (-round(pair[0], 12), pair[1]))[:k]:
            shares[i, targets[j]] += weights[targets[j]] * np.exp(cosine / 0.07)
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("k", [1, 5, 20, 500])
@pytest.mark.parametrize("grouped", [False, True])
def test_equals_counting(k, grouped, monkeypatch):
    monkeypatch.setattr(knn, "_CHUNK", 7)
    generator = np.random.default_rng(0)
    features = generator.normal(size=(25, 6))
    targets = np.r_[np.zeros(15, int), np.ones(9, int), 2]
    groups = np.arange(25) // 3 if grouped else np.arange(25)
    found = neighbour_probabilities(features, targets, 3, k=k, groups=groups if grouped else None)
    np.testing.assert_allclose(found, _slowly(features, targets, 3, k, groups), atol=1e-9)


def test_duplicates_find_each_other_unless_they_are_one_group():
    features = np.repeat(np.eye(4), 2, axis=0)
    targets = np.repeat([0, 1, 0, 1], 2)
    apart = neighbour_probabilities(features, targets, 2, k=1)
    np.testing.assert_array_equal(apart.argmax(axis=1), targets)
    tied = neighbour_probabilities(features, targets, 2, k=1, groups=np.repeat(np.arange(4), 2))
    assert not np.array_equal(tied.argmax(axis=1), targets)


def test_items_without_anyone_else_get_equal_shares_and_zero_rows_stay_finite():
    features = np.vstack([np.zeros(3), np.eye(3)])
    targets = np.array([0, 1, 0, 1])
    assert np.all(np.isfinite(neighbour_probabilities(features, targets, 2)))
    alone = neighbour_probabilities(features, targets, 2, groups=np.zeros(4, int))
    np.testing.assert_array_equal(alone, 0.5)


def test_refuses_no_neighbours():
    with pytest.raises(ValueError, match="k of at least 1, got 0"):
        neighbour_probabilities(np.eye(3), np.array([0, 1, 0]), 2, k=0)


def test_of_equally_similar_items_the_earlier_are_the_neighbours():
    features = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 2.0], [0.0, 1.0]])
    targets = np.array([0, 1, 0, 1, 0, 0])
    found = neighbour_probabilities(features, targets, 2, k=2)
    weights = balanced_weights(targets, 2)
    np.testing.assert_allclose(found[5], weights / weights.sum())  # items 1 and 2, though four are as near
    np.testing.assert_allclose(found[1], weights / weights.sum())  # items 2 and 3
