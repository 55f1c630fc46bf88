import numpy as np
import pytest

from headstart.engine.estimates import (
    by_group,
    cross_validated_variance,
    fold_variance,
    influence,
)
from tests.engine.samples import balanced


def test_the_ceiling_is_what_a_perfect_prediction_earns():
    items = balanced([0, 0, 0, 1])
    np.testing.assert_allclose(items.ceiling, [2 / 3, 2 / 3, 2 / 3, 2.0])
    assert len(items) == 4


def test_equal_weights_make_one_stratum():
    assert set(balanced([0, 1, 0, 1]).strata) == {0}
    np.testing.assert_array_equal(balanced([2, 2, 2, 0, 1, 0]).strata, [2, 2, 2, 0, 1, 0])


def test_influence_sums_to_the_metric_and_to_zero():
    rng = np.random.default_rng(1)
    items = balanced(rng.choice(2, size=40, p=[0.8, 0.2]))
    credit = (rng.random((3, 40)) < 0.6) * items.ceiling
    np.testing.assert_allclose(influence(credit, items, centred=False).sum(1), credit.mean(1))
    assert influence(credit, items, centred=True).sum() == pytest.approx(0.0)


def test_influence_of_a_partly_scored_repeat_is_that_of_the_scored_part_alone():
    items = balanced([0, 0, 0, 0, 0, 1, 1])
    credit = np.array([[1.0, 0.0, 1.0, np.nan, np.nan, 1.0, np.nan]]) * items.ceiling
    parts = influence(credit, items, centred=False)
    assert parts.sum() == pytest.approx((2 / 3 + 1) / 2)
    np.testing.assert_array_equal(parts[0, [3, 4, 6]], 0.0)


def test_influence_reads_only_the_fullest_repeats():
    items = balanced([0, 1, 0, 1])
    credit = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, np.nan, np.nan, np.nan]])
    assert influence(credit, items, centred=False).shape == (1, 4)


def test_contributions_add_up_within_groups():
    items = balanced([0, 1, 0], groups=[7, 4, 7])
    np.testing.assert_allclose(by_group(np.array([[1.0, 2.0, 3.0]]), items), [[2.0, 4.0]])


def test_untied_items_are_their_own_groups():
    items = balanced([0, 1, 0], groups=[2, 5, 9])
    assert (items.members.tolist(), items.n_groups) == ([0, 1, 2], 3)
    np.testing.assert_array_equal(by_group(np.array([[1.0, 2.0, 3.0]]), items), [[1.0, 2.0, 3.0]])


def test_fold_variance_is_nadeau_and_bengio():
    rng = np.random.default_rng(2)
    items = balanced(np.tile([0, 1], 20))
    folds = np.stack([rng.permutation(40) % 5 for _ in range(3)])
    credit = (rng.random((3, 40)) < 0.6).astype(float)
    scores = [credit[r][folds[r] == k].mean() for r in range(3) for k in range(5)]
    variance = np.sum((np.array(scores) - credit.mean()) ** 2) / 14
    assert fold_variance(credit, folds, items) == pytest.approx(variance * (1 / 15 + 1 / 4))


def test_fold_variance_does_not_count_missing_classes_as_spread():
    targets = np.array([0] * 16 + [1] * 2)
    items = balanced(targets)
    folds = np.array([[*(np.arange(16) % 4), 0, 1]])
    assert fold_variance(items.ceiling[None], folds, items) == pytest.approx(0.0)


def test_without_spread_between_splits_there_is_none():
    items = balanced(np.tile([0, 1], 10))
    credit = np.ones((1, 20))
    assert fold_variance(credit, np.arange(20)[None], items) is None
    one_fold = np.where(np.arange(20) < 4, 1.0, np.nan)[None]
    assert fold_variance(one_fold, (np.arange(20) // 4)[None], items) is None


def test_cross_validated_variance_heeds_the_splits_where_they_say_more():
    assert cross_validated_variance(0.04, None, 5, 1) == pytest.approx(0.06)
    assert cross_validated_variance(0.04, None, 5, 3) == pytest.approx(0.05)
    assert cross_validated_variance(0.04, 0.08, 5, 1) == pytest.approx(0.07)
    assert cross_validated_variance(0.04, 0.02, 5, 1) == pytest.approx(0.06)


def test_centred_squares_are_the_unbiased_variance():
    items = balanced([0] * 12 + [1] * 6)
    right = np.array([1.0] * 9 + [0.0] * 3 + [1.0] * 4 + [0.0] * 2)
    squares = (influence((right * items.ceiling)[None], items, centred=True) ** 2).sum()
    assert squares == pytest.approx(0.25 * (9 * 3 / 12**2 / 11 + 4 * 2 / 6**2 / 5))


@pytest.mark.parametrize("alike", [True, False])
def test_the_variance_of_tiny_classes_is_not_lost(alike):
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 4, size=200)
    items = balanced(np.repeat(np.arange(200), counts))
    rates = np.full(200, 0.7) if alike else rng.beta(0.8, 0.8, size=200)
    known = float((rates * (1 - rates) / counts).sum() / 200**2)
    folds = rng.permutation(len(items))[None] % 5
    found, by_folds = [], []
    for _ in range(100):
        credit = ((rng.random(len(items)) < rates[items.targets]) * items.ceiling)[None]
        found.append((influence(credit, items, centred=True) ** 2).sum())
        by_folds.append(fold_variance(credit, folds, items))
    assert 0.97 <= np.mean(found) / known <= (1.03 if alike else 1.5)
    assert np.mean(by_folds) > known
