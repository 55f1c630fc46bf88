import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bench._summary import estimate, overall, summarise

PEERS = ("fastai", "autogluon", "plain")


def of(outcomes, name):
    return summarise(outcomes, name, peers=PEERS, floor="frozen")


def test_an_estimate_is_the_mean_with_its_t_interval():
    values = np.random.default_rng(0).normal(size=7)
    found = estimate(values)
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_one_value_has_no_interval():
    found = estimate([0.7])
    assert found.mean == 0.7
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_a_set_is_summed_up_over_its_seeds(outcomes):
    found = of(outcomes, "one")
    quick = found.rows["quick"]
    assert found.seeds == (0, 1)
    assert found.best == "plain"
    assert quick.accuracy.mean == pytest.approx(0.81)
    assert quick.seconds == (10, 10, 10)
    assert found.rows["plain"].seconds == (100, 150, 200)
    assert found.rows["plain"].cpu == 300
    assert quick.peak == 501


def test_ratios_are_taken_within_a_seed(outcomes):
    rows = of(outcomes, "one").rows
    assert rows["quick"].of_fastest == pytest.approx((10 / 100 + 10 / 200) / 2)
    assert rows["standard"].of_slowest == pytest.approx((150 / 200 + 300 / 400) / 2)
    assert rows["quick"].of_floor == pytest.approx((10 / 5 + 10 / 8) / 2)


def test_differences_are_paired_by_seed(outcomes):
    minus = of(outcomes, "one").rows["standard"].minus
    assert set(minus) == {"plain", "autogluon", "frozen"}
    assert minus["plain"] == estimate(np.array([0.90 - 0.80, 0.88 - 0.80]))


def test_only_seeds_that_everyone_finished_count(outcomes):
    missing = [each for each in outcomes if (each.set, each.contestant, each.seed) != ("one", "plain", 1)]
    found = of(missing, "one")
    assert found.seeds == (0,)
    assert found.rows["quick"].accuracy.mean == 0.80
    assert of([each for each in missing if each.seed == 1 or each.contestant != "quick"], "one") is None


def test_a_set_without_outcomes_has_no_summary():
    assert of([], "one") is None


def test_without_peers_and_floor_nothing_is_compared(outcomes):
    found = of([each for each in outcomes if each.contestant in ("quick", "standard")], "one")
    assert found.best == ""
    assert found.rows["quick"].minus == {}
    assert math.isnan(found.rows["quick"].of_fastest)
    assert math.isnan(found.rows["quick"].of_floor)
    assert overall(outcomes, [found]) is None


def test_the_gain_is_averaged_over_sets_before_the_interval_over_seeds(outcomes):
    summaries = [of(outcomes, name) for name in ("one", "two")]
    found = overall(outcomes, summaries)
    assert [each.best for each in summaries] == ["plain", "autogluon"]
    first, second = (0.10 + 0.06) / 2, (0.08 + 0.00) / 2
    expected = estimate([first, second])
    assert (found.gain.mean, found.gain.low, found.gain.high) == pytest.approx(
        (expected.mean, expected.low, expected.high)
    )
    assert found.per_set["two"].mean == pytest.approx(0.03)


def test_sets_are_joined_on_the_seeds_they_share(outcomes):
    moved = [replace(each, seed=each.seed + 1) if each.set == "two" else each for each in outcomes]
    found = overall(moved, [of(moved, "one"), of(moved, "two")])
    assert found.gain.mean == pytest.approx((0.08 + 0.06) / 2)
    apart = [replace(each, seed=each.seed + 9) if each.set == "two" else each for each in outcomes]
    assert overall(apart, [of(apart, "one"), of(apart, "two")]) is None
