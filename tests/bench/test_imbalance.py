from __future__ import annotations

import numpy as np

from bench.imbalance import page, scores, uneven


def test_classes_are_uneven_and_the_same_draw_comes_again():
    targets = np.repeat(np.arange(4), 100)
    rows = uneven(targets, 15, 1)
    counts = np.sort(np.bincount(targets[rows]))
    assert (counts[-1], counts[0]) == (60, 4)
    assert len(np.unique(rows)) == len(rows)
    np.testing.assert_array_equal(uneven(targets, 15, 1), rows)
    assert len(np.setxor1d(uneven(targets, 15, 2), rows))


def test_the_probe_comes_second_and_is_the_better_one_on_uneven_classes():
    found = []
    for seed in range(8):
        random = np.random.default_rng(seed)
        targets = np.repeat(np.arange(5), 80)
        rows = random.normal(size=(400, 20)) + (0.5 * random.normal(size=(5, 20)))[targets]
        found.append(scores(rows, targets, 15, seed))
    first, second = np.mean(found, axis=0)
    assert 0.4 < first < second - 0.005 < 0.9


def test_the_mean_is_over_domains():
    text = "\n".join(page({4: {"a": np.array([[0.5, 0.6], [0.5, 0.5]]), "b": np.array([[0.7, 0.7]])}}, 2))
    assert "| a | 50.0 | 55.0 | +5.0 |" in text
    assert "| mean | | | +2.50 ± 31.77 |" in text
