from __future__ import annotations

import numpy as np
import pytest

from headstart.core.domain_card import LEVEL
from headstart.core.errors import UserError
from headstart.distances.two_sample import two_sample
from headstart.engine.draws import balanced, held_out, one_of_each

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
        UserError,
        match=r"^About a fifth of 3 training items was to be held out, and none can be spared: .* set patience to 0",
    ):
        held_out(np.array([0, 1, 2]), np.arange(3), 0)


def test_one_item_of_every_group_is_drawn():
    groups = np.array([5, 5, 7, 7, 7, 9])
    drawn = [one_of_each(groups, seed) for seed in range(30)]
    assert all(sorted(groups[rows].tolist()) == [5, 7, 9] for rows in drawn)
    assert {int(row) for rows in drawn for row in rows} == set(range(6))
    assert len({tuple(groups[rows]) for rows in drawn}) > 3  # in any order


def test_ties_are_no_evidence():
    """Ten items a side, each ten times with a little noise: as if they were a hundred, and still they are ten."""
    random = np.random.default_rng(0)
    groups = np.arange(100) // 10
    flagged = {True: 0, False: 0}
    for seed in range(40):
        sides = [random.normal(size=(10, 6))[groups] + 0.01 * random.normal(size=(100, 6)) for _ in range(2)]
        for tied in flagged:
            one, other = (side[one_of_each(groups, seed)] if tied else side for side in sides)
            flagged[tied] += two_sample(one, other, seed=seed, draws=39).p <= LEVEL
    assert flagged[False] >= 36
    assert flagged[True] <= 6
