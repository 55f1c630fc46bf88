from __future__ import annotations

import numpy as np
import pytest

from headstart.core.errors import UserError
from headstart.engine.draws import balanced, held_out

RARE = np.array([0] * 30 + [1] * 3 + [2] * 8)


def test_classes_are_drawn_equally_often_and_rare_items_come_again():
    drawn = balanced(RARE, 0, 0)
    assert len(drawn) == len(RARE)
    assert sorted(np.bincount(RARE[drawn])) == [13, 14, 14]
    times = np.bincount(drawn, minlength=len(RARE))
    assert set(times[:30]) == {0, 1}
    assert set(times[30:33]) <= {4, 5}  # all of them before any comes once more
    assert set(times[33:]) == {1, 2}


def test_draws_are_functions_of_seed_and_epoch():
    assert np.array_equal(balanced(RARE, 3, 1), balanced(RARE, 3, 1))
    assert not np.array_equal(balanced(RARE, 3, 1), balanced(RARE, 3, 2))
    assert not np.array_equal(balanced(RARE, 3, 1), balanced(RARE, 4, 1))
    seen = np.unique(np.concatenate([balanced(RARE, 0, epoch) for epoch in range(12)]))
    assert len(seen) == len(RARE)


def test_more_classes_than_items_are_drawn_once_at_most():
    assert sorted(balanced(np.array([0, 1, 2]), 0, 0)) == [0, 1, 2]


def test_a_fifth_is_held_out_by_class_and_ties_are_not_parted():
    targets = np.repeat([0, 1], 50)
    groups = np.arange(100) // 2
    rest, held = held_out(targets, groups, 0)
    assert sorted([*rest, *held]) == list(range(100))
    assert len(held) == 20
    assert np.bincount(targets[held]).tolist() == [10, 10]
    assert not set(groups[rest]) & set(groups[held])


def test_a_group_that_alone_can_be_spared_is_held_out_whole():
    targets = np.repeat([0, 0, 1], 10)
    groups = np.repeat([0, 1, 2], 10)
    for seed in range(5):
        rest, held = held_out(targets, groups, seed)
        assert len(set(groups[held])) == 1
        assert len(held) == 10
        assert not set(groups[rest]) & set(groups[held])


def test_a_class_is_never_left_without_items_to_train_on():
    for seed in range(20):
        targets = np.array([0] * 9 + [1])
        rest, held = held_out(targets, np.arange(10), seed)
        assert 9 in rest
        assert len(held) == 2


def test_many_classes_of_one_item_each_are_all_trained_on():
    targets = np.array([0] * 500 + [1] * 500 + [2, 3, 4, 5, 6, 7])
    for seed in range(5):
        rest, held = held_out(targets, np.arange(len(targets)), seed)
        assert set(targets[rest]) == set(range(8))
        assert 190 <= len(held) <= 202


def test_nothing_is_held_out_where_nothing_can_be_spared():
    with pytest.raises(
        UserError, match=r"^Early stopping and averaging hold items out, but of 3 none can be spared: .* patience to 0"
    ):
        held_out(np.array([0, 1, 2]), np.arange(3), 0)
