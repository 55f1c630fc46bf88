import numpy as np

from headstart.heads.sample import stratified_rows


def test_few_rows_are_all_taken():
    assert stratified_rows(np.array([0, 1, 0]), 3, 0).tolist() == [0, 1, 2]


def test_classes_keep_their_shares_and_the_rare_ones_two_items():
    targets = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 3], [6000, 3000, 997, 3]))
    rows = stratified_rows(targets, 1000, 0)
    assert np.bincount(targets[rows]).tolist() == [600, 300, 99, 2]
    assert np.all(np.diff(rows) > 0)
    assert np.array_equal(rows, stratified_rows(targets, 1000, 0))
    assert not np.array_equal(rows, stratified_rows(targets, 1000, 1))
