import numpy as np
import pytest

from headstart.core.errors import UserError
from headstart.core.score import scored_together
from headstart.scores._sample import Sample, decomposed, principal_coordinates
from tests.scores.samples import SHAPES, sample


def test_classes_are_numbered_without_gaps():
    features, targets = sample(20, 6)
    checked = Sample.of(features.astype(np.float32), targets)
    assert checked.features.dtype == np.float64
    np.testing.assert_array_equal(np.unique(targets)[checked.labels], targets)
    np.testing.assert_array_equal(checked.counts, np.bincount(checked.labels))
    for label in range(4):
        np.testing.assert_allclose(checked.means[label], features[checked.labels == label].mean(axis=0), rtol=1e-6)
    assert checked.item_weights().sum() == pytest.approx(20)


def test_balanced_accuracy_averages_over_classes():
    checked = Sample.of(np.arange(8.0).reshape(4, 2), np.array([0, 0, 0, 1]))
    assert checked.balanced_accuracy(np.eye(2)[[0, 0, 1, 1]]) == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize(("items", "width"), SHAPES)
def test_principal_coordinates_keep_distances_and_sort_by_variance(items, width):
    features, _ = sample(items, width)
    rows = principal_coordinates(features)
    centred = features - features.mean(axis=0)
    np.testing.assert_allclose(rows @ rows.T, centred @ centred.T, atol=1e-9)
    variances = rows.var(axis=0)
    assert np.all(np.diff(variances) < 1e-9)


def test_all_problems_are_said_at_once():
    with pytest.raises(UserError) as caught:
        Sample.of(np.full((2, 3), np.nan), np.array([1, 1]))
    assert caught.value.problems == (
        "A score needs finite features, got 2 of 2 rows with others.",
        "A score needs at least 3 items in at least 2 classes, got 2 in 1.",
    )
    with pytest.raises(UserError, match="features that differ between items, got the same for every item"):
        Sample.of(np.ones((5, 3)), np.array([0, 1, 0, 1, 0]))
    with pytest.raises(UserError, match=r"features \(N, D\) and targets \(N,\), got \(5, 3\) and \(4,\)"):
        Sample.of(np.ones((5, 3)), np.zeros(4, dtype=int))


def test_decompositions_are_kept_for_scores_of_the_same_features_and_no_longer():
    first, second = np.random.default_rng(0).normal(size=(2, 9, 4))
    with scored_together():
        left = decomposed(first)[0]
        assert decomposed(first.copy())[0] is left
        decomposed(second)
        assert decomposed(first)[0] is left
    assert decomposed(first)[0] is not left
    assert decomposed(first)[0] is not decomposed(first)[0]


@pytest.mark.parametrize(("items", "width"), [(30, 8), (8, 30), (12, 12)])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("steep", [1.0, 1e-6])
def test_decompositions_are_those_of_the_singular_values(items, width, centred, steep):
    """Steep ones are beyond what a Gram matrix resolves; centred rows have an exact zero where N <= D."""
    rows = np.random.default_rng(0).normal(size=(items, width)) * np.geomspace(1.0, steep, width)
    rows -= rows.mean(axis=0) if centred else 0.0
    left, singular = decomposed(rows)
    expected, values, _ = np.linalg.svd(rows, full_matrices=False)
    real = values > 1e-12 * values[0]
    assert left.shape == expected.shape
    np.testing.assert_allclose(singular, np.where(real, values, 0.0), rtol=1e-7, atol=1e-13)
    signs = np.sign(np.sum(left * expected, axis=0))
    np.testing.assert_allclose(left[:, real], (expected * signs)[:, real], atol=1e-7)
