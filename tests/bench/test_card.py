from __future__ import annotations

import numpy as np

from bench.card import WAYS, flagged, same, uneven, watched

RANDOM = np.random.default_rng(0)


def test_one_domain_is_rarely_called_two():
    domain = RANDOM.normal(size=(200, 5)), RANDOM.integers(0, 2, 200)
    found = same([domain], 40, 60, 0)
    assert tuple(found) == WAYS
    assert all(len(hits) == 40 and sum(hits) <= 6 for hits in found.values())


def test_another_domain_is_seen():
    first = RANDOM.normal(size=(60, 5)), RANDOM.integers(0, 2, 60)
    second = RANDOM.normal(size=(60, 5)) + 1.0, RANDOM.integers(0, 2, 60)
    assert max(*flagged(first, second, seed=0), watched(first, second, seed=0)) <= 0.05


def test_later_classes_are_kept_more_often():
    labels = np.repeat([0, 1, 2], 300)
    rows, kept = uneven((np.arange(900.0)[:, None], labels))
    np.testing.assert_array_equal(kept, labels[rows[:, 0].astype(int)])
    assert np.bincount(kept)[2] == 300
    assert 70 <= np.bincount(kept)[0] <= 130
    assert 170 <= np.bincount(kept)[1] <= 230


def test_other_shares_of_classes_alone_are_no_other_domain_with_classes_held_equal():
    labels = np.repeat([0, 1], [50, 10]), np.repeat([0, 1], [10, 50])
    first, second = ((4.0 * np.eye(2, 5)[each] + RANDOM.normal(size=(60, 5)), each) for each in labels)
    p, within = flagged(first, second, seed=0)
    assert watched(first, second, seed=0) > 0.05
    assert p <= 0.05 < within
