import numpy as np
import pytest

from headstart.heads.folds import stratified_folds


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


def test_refuses_a_single_fold():
    with pytest.raises(ValueError, match="at least 2 folds and 2 items, got 1 and 40"):
        stratified_folds(np.zeros(40, int), 1, 0)
