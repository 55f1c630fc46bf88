import hashlib
import tracemalloc

import numpy as np
import pytest

from headstart.data import _split
from headstart.data._duplicates import numbered
from headstart.data._split import SHARE, hold_out, made


def digests(n: int, start: int = 0) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(start, start + n)]


def test_every_class_gives_a_fifth():
    targets = np.repeat([0, 1, 2], [700, 250, 50])
    test = hold_out(targets, np.arange(1000), digests(1000), seed=0)
    assert [int(test[targets == c].sum()) for c in range(3)] == [140, 50, 10]


@pytest.mark.parametrize("seed", range(3))
def test_groups_stay_together_and_classes_stay_balanced(seed: int):
    random = np.random.default_rng(seed)
    groups = numbered(random.integers(0, 200, 1500).tolist())
    targets = random.integers(0, 4, 1500)
    test = hold_out(targets, groups, digests(1500), seed)
    assert not set(groups[test]) & set(groups[~test])
    shares = [test[targets == c].mean() for c in range(4)]
    assert shares == pytest.approx([SHARE] * 4, abs=0.03)


def test_row_order_does_not_matter_and_the_seed_does():
    random = np.random.default_rng(0)
    targets, groups, names = random.integers(0, 3, 1000), np.arange(1000) // 2, digests(1000)
    test = hold_out(targets, groups, names, seed=1)
    order = random.permutation(1000)
    moved = hold_out(targets[order], numbered(groups[order].tolist()), [names[k] for k in order], seed=1)
    assert np.array_equal(moved, test[order])
    assert not np.array_equal(hold_out(targets, groups, names, seed=2), test)


def test_every_class_keeps_two_groups_to_train_on():
    targets = np.repeat([0, 1, 2], [990, 2, 8])
    groups = np.concatenate([np.arange(992), np.repeat([992, 993], 4)])
    test = hold_out(targets, groups, digests(1000), seed=0)
    assert len(set(groups[~test & (targets == 1)])) == 2
    assert len(set(groups[~test & (targets == 2)])) == 2


def test_one_huge_group_stays_in_training():
    targets = np.tile([0, 1], 500)
    groups = np.where(np.arange(1000) < 800, 0, np.arange(1000) - 799)
    test = hold_out(targets, groups, digests(1000), seed=0)
    assert not test[:800].any()
    assert test.sum() == pytest.approx(196, abs=6)


@pytest.mark.parametrize("seed", range(4))
def test_the_lists_give_what_a_table_gives(seed: int):
    random = np.random.default_rng(seed)
    targets = random.choice(7, 1200, p=[0.4, 0.25, 0.15, 0.1, 0.05, 0.04, 0.01])
    groups, names = numbered(random.integers(0, 150, 1200).tolist()), digests(1200)
    counts = np.zeros((groups.max() + 1, 7), dtype=np.int64)
    np.add.at(counts, (groups, targets), 1)
    missing, remaining = SHARE * counts.sum(axis=0), (counts > 0).sum(axis=0)
    expected = np.zeros(1200, dtype=bool)
    for group in _split._shuffled(groups, names, seed):
        held = counts[group]
        if ((missing - held) ** 2).sum() < (missing**2).sum() and (remaining[held > 0] > 2).all():
            expected |= groups == group
            missing, remaining = missing - held, remaining - (held > 0)
    assert np.array_equal(hold_out(targets, groups, names, seed), expected)


def test_many_classes_and_groups_take_little_memory():
    targets, groups = np.arange(20_000) % 5000, np.arange(20_000)
    tracemalloc.start()
    test = hold_out(targets, groups, digests(20_000), seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert test.sum() == 5000
    assert peak < 50e6  # a table would take 800 MB


def test_few_items_are_not_split():
    test, notes = made(np.arange(999) % 2, np.arange(999), digests(999), seed=0)
    assert not test.any()
    assert notes == []


def test_enough_groups_are_split():
    targets, groups = np.arange(1000) % 2, np.arange(1000) // 20
    test, notes = made(targets, groups, digests(1000), seed=0)
    assert np.array_equal(test, hold_out(targets, groups, digests(1000), seed=0))
    assert len(set(groups[test])) == 10
    assert notes == []


@pytest.mark.parametrize("noun", ["group", "domain"])
@pytest.mark.parametrize(("groups", "held"), [(4, 0), (10, 2)])
def test_too_few_groups_are_not_split_and_that_is_said(groups: int, held: int, noun: str):
    group = np.arange(1000) * groups // 1000
    test, (note,) = made(group % 2, group, digests(1000), 0, noun)
    assert not test.any()
    assert (note.code, note.severity, note.count) == ("few_groups", "note", groups)
    assert note.message == (
        f"No test split was made: of {groups} {noun}s only {held} could be held out, and an interval needs at least 5; "
        f"the score is cross-validated unless you give a test split or more {noun}s."
    )
