import numpy as np
import pytest

from headstart.core.errors import UserError
from headstart.engine.reliability import reliability_bins
from headstart.engine.wilson import wilson


def two_class(confidence, correct):
    targets = np.where(correct, 0, 1)
    return np.stack([confidence, 1 - confidence], axis=1), targets


def test_bins_hold_equal_mass_and_wilson_intervals():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1.0, size=100)
    correct = rng.random(100) < confidence
    bins = reliability_bins(*two_class(confidence, correct), np.arange(100))
    assert [b.n for b in bins] == [20] * 5
    order = np.argsort(confidence)
    for b, rows in zip(bins, np.split(order, 5), strict=True):
        assert b.confidence == pytest.approx(confidence[rows].mean())
        assert b.accuracy == pytest.approx(correct[rows].mean())
        assert (b.low, b.high) == pytest.approx(wilson(correct[rows].mean(), 20))


def test_few_items_make_few_bins():
    confidence = np.linspace(0.6, 0.9, 25)
    assert [b.n for b in reliability_bins(*two_class(confidence, np.ones(25)), np.arange(25))] == [13, 12]
    assert len(reliability_bins(*two_class(confidence[:3], np.ones(3)), np.arange(3))) == 1


def test_equal_confidence_shares_a_bin():
    confidence = np.array([0.7] * 60 + [0.9] * 40)
    bins = reliability_bins(*two_class(confidence, np.ones(100)), np.arange(100))
    assert [(b.confidence, b.n) for b in bins] == [(pytest.approx(0.7), 60), (pytest.approx(0.9), 40)]


def test_ties_widen_the_intervals():
    confidence = np.repeat(np.linspace(0.6, 0.9, 20), 5)
    correct = np.repeat(np.arange(20) % 2 == 0, 5)
    apart = reliability_bins(*two_class(confidence, correct), np.arange(100), bins=1)
    tied = reliability_bins(*two_class(confidence, correct), np.arange(100) // 5, bins=1)
    assert tied[0].high - tied[0].low > 1.8 * (apart[0].high - apart[0].low)


def test_what_cannot_be_binned_is_said():
    with pytest.raises(UserError, match="needs scored items"):
        reliability_bins(np.empty((0, 2)), np.empty(0, dtype=int), np.empty(0, dtype=int))
    with pytest.raises(UserError, match="in 1 to 5 bins, 6 asked for"):
        reliability_bins(*two_class(np.ones(10), np.ones(10)), np.arange(10), bins=6)
