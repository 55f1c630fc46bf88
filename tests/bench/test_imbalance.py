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


def test_both_probes_know_the_classes_on_items_that_they_have_not_seen():
    random = np.random.default_rng(0)
    targets = np.repeat(np.arange(3), 80)
    first, second = scores(random.normal(size=(240, 20)) + np.eye(3, 20)[targets], targets, 15, 0)
    assert 0.4 < first < 1.0
    assert 0.4 < second < 1.0


def test_the_mean_is_over_domains():
    text = "\n".join(page({4: {"a": np.array([[0.5, 0.6], [0.5, 0.5]]), "b": np.array([[0.7, 0.7]])}}, 2))
    assert "| a | 50.0 | 55.0 | +5.0 |" in text
    assert "| mean | | | +2.50 ± 31.77 |" in text
