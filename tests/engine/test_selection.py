import numpy as np
import pytest

from headstart.engine import selection
from headstart.engine.folds import repeated_folds
from headstart.engine.intervals import cross_validated_interval
from headstart.engine.selection import selection_corrected
from tests.engine.samples import items_of


def test_the_best_of_many_equals_is_brought_down_to_earth():
    rng = np.random.default_rng(5)
    items = items_of(np.tile([0, 1], 50))
    folds, _ = repeated_folds(items.targets, items.groups, 5, 1, 0)
    naive, corrected, held = [], [], 0
    for draw in range(120):
        credits = (rng.random((20, 1, 100)) < 0.7).astype(float)
        interval = selection_corrected(credits, folds, items, seed=draw, draws=60)
        naive.append(credits.mean((1, 2)).max())
        corrected.append(interval.value)
        held += interval.low <= 0.7 <= interval.high
    assert np.mean(naive) > 0.77
    assert abs(np.mean(corrected) - 0.7) < 0.015
    assert held / 120 > 0.93
    assert interval.method.endswith("corrected for choosing among 20 (BBC-CV)")


def test_a_clear_winner_is_not_corrected_much():
    rng = np.random.default_rng(6)
    items = items_of(np.array([0] * 70 + [1] * 30))
    folds, _ = repeated_folds(items.targets, items.groups, 5, 2, 0)
    levels = np.array([0.9, 0.6, 0.5])[:, None, None]
    credits = (rng.random((3, 2, 100)) < levels) * items.ceiling
    plain = cross_validated_interval(credits[0], folds, items)
    interval = selection_corrected(credits, folds, items)
    assert interval.value == pytest.approx(plain.value, abs=0.01)
    assert selection_corrected(credits[:1], folds, items) == plain


def test_one_chosen_for_its_cost_is_corrected_only_above_what_choosing_earns():
    rng = np.random.default_rng(8)
    items = items_of(np.tile([0, 1], 50))
    folds, _ = repeated_folds(items.targets, items.groups, 5, 1, 0)
    levels = np.array([0.9, 0.9, 0.7])[:, None, None]
    credits = (rng.random((3, 1, 100)) < levels).astype(float)
    cheap = selection_corrected(credits, folds, items, chosen=2)
    assert cheap.value == cross_validated_interval(credits[2], folds, items).value
    best = int(credits.mean((1, 2)).argmax())
    assert selection_corrected(credits, folds, items, chosen=best) == selection_corrected(credits, folds, items)


def test_selection_copes_with_candidates_that_were_cut_short():
    rng = np.random.default_rng(7)
    items = items_of(np.array([0] * 50 + [1] * 30))
    folds, _ = repeated_folds(items.targets, items.groups, 5, 2, 0)
    credits = (rng.random((3, 2, 80)) < 0.7) * items.ceiling
    credits[1, 1] = np.nan
    credits[1, 0, folds[0] > 1] = np.nan
    credits[2] = np.nan
    interval = selection_corrected(credits, folds, items)
    assert 0 < interval.low < interval.value < interval.high < 1


def test_many_items_need_fewer_draws(monkeypatch):
    rng = np.random.default_rng(0)
    credits = (rng.random((3, 1, 400)) < 0.8).astype(float)
    folds, items = rng.integers(5, size=(1, 400)), items_of(np.arange(400) % 2)
    full = selection_corrected(credits, folds, items)
    monkeypatch.setattr(selection, "MANY", 40)
    fewer = selection_corrected(credits, folds, items)
    assert fewer != full
    assert fewer.value == pytest.approx(full.value, abs=0.005)
