from __future__ import annotations

import numpy as np

from bench.card import flagged, same

RANDOM = np.random.default_rng(0)


def test_one_domain_is_rarely_called_two():
    domain = RANDOM.normal(size=(200, 5)), RANDOM.integers(0, 2, 200)
    alone, held = same([domain], 40, 60, 0)
    assert len(alone) == len(held) == 40
    assert sum(alone) <= 6
    assert sum(held) <= 6


def test_another_domain_is_seen():
    first = RANDOM.normal(size=(60, 5)), RANDOM.integers(0, 2, 60)
    second = RANDOM.normal(size=(60, 5)) + 1.0, RANDOM.integers(0, 2, 60)
    assert max(flagged(first, second, seed=0)) <= 0.05


def test_other_shares_of_classes_alone_are_no_other_domain_with_classes_held_equal():
    labels = np.repeat([0, 1], [50, 10]), np.repeat([0, 1], [10, 50])
    first, second = ((4.0 * np.eye(2, 5)[each] + RANDOM.normal(size=(60, 5)), each) for each in labels)
    p, within = flagged(first, second, seed=0)
    assert p <= 0.05 < within
