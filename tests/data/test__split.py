import hashlib

import numpy as np
import pytest

from headstart.data._duplicates import numbered
from headstart.data._split import SHARE, hold_out


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
