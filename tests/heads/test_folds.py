import numpy as np
import pytest

from headstart.heads.folds import grouped_folds, stratified_folds


def test_sizes_and_class_shares_differ_by_at_most_one():
    targets = np.repeat([0, 1, 2], [23, 11, 4])
    folds = stratified_folds(targets, 5, seed=0)
    assert np.ptp(np.bincount(folds, minlength=5)) <= 1
    for label in range(3):
        assert np.ptp(np.bincount(folds[targets == label], minlength=5)) <= 1


def test_seed_decides_and_few_items_mean_few_folds():
    targets = np.zeros(40, int)
    np.testing.assert_array_equal(stratified_folds(targets, 5, 1), stratified_folds(targets, 5, 1))
    assert np.any(stratified_folds(targets, 5, 1) != stratified_folds(targets, 5, 2))
    assert sorted(stratified_folds(np.array([0, 1, 1]), 5, 0)) == [0, 1, 2]


def test_numbers_take_two_bytes_where_they_hold_them():
    assert stratified_folds(np.arange(8) % 2, 4, seed=0).dtype == np.int16
    many = stratified_folds(np.zeros(40_000, dtype=np.int64), 40_000, seed=0)
    assert len(set(many.tolist())) == 40_000


def test_refuses_a_single_fold():
    with pytest.raises(ValueError, match="at least 2 folds and 2 items, got 1 and 40"):
        stratified_folds(np.zeros(40, int), 1, 0)


def test_tied_items_share_a_fold_and_classes_stay_spread():
    targets = np.repeat([0, 1], [60, 30])
    groups = np.concatenate([np.arange(60) // 3, 100 + np.arange(30) // 3])
    folds = grouped_folds(targets, groups, 5, 0)
    assert all(len(np.unique(folds[groups == group])) == 1 for group in np.unique(groups))
    assert {np.sum((folds == fold) & (targets == 1)) for fold in range(5)} == {6}


def test_without_ties_the_folds_are_the_plain_ones():
    targets = np.arange(40) % 3
    plain = stratified_folds(targets, 5, 7)
    assert np.array_equal(grouped_folds(targets, None, 5, 7), plain)
    assert np.array_equal(grouped_folds(targets, np.arange(40)[::-1], 5, 7), plain)
    assert np.array_equal(grouped_folds(targets, np.zeros(40, int), 5, 7), plain)
