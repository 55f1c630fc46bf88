import numpy as np
import pytest
from scipy.stats import binom, norm

from headstart.core.errors import UserError
from headstart.engine.compare import Comparison, compare, compare_cross_validated
from headstart.engine.folds import repeated_folds
from tests.engine.samples import items_of


def table(first_only, second_only, count):
    """Shares of two predictors that disagree on that many items, classes balanced."""
    items = items_of(np.arange(count) % 2)
    first, second = np.ones(count), np.ones(count)
    second[:first_only] = 0
    first[first_only : first_only + second_only] = 0
    return compare(first, second, items)


def test_value_and_score_interval():
    made = table(20, 8, 200)
    assert made.value == pytest.approx(0.06)
    assert made.count == 200
    assert made.variance == pytest.approx((28 + 1) / 200**2)
    for end in (made.interval.low, made.interval.high):
        assert (made.value - end) ** 2 == pytest.approx(norm.isf(0.025) ** 2 * (made.variance - end**2 / 200))
    assert made.interval.method == "paired score interval"


@pytest.mark.parametrize("agree", [0, 30, 300])
def test_few_discordant_items_are_judged_as_by_the_exact_test(agree):
    for discordant in range(1, 12):
        for first_only in range(discordant + 1):
            made = table(first_only, discordant - first_only, discordant + agree + discordant % 2)
            decided = made.interval.low > 0 or made.interval.high < 0
            p = min(1.0, 2 * binom.cdf(min(first_only, discordant - first_only), discordant, 0.5))
            middle = p - binom.pmf(first_only, discordant, 0.5)
            if p <= 0.04:
                assert decided
            if middle > 0.05:
                assert not decided


@pytest.mark.parametrize("count", [20, 50, 90])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_equal_predictors_are_told_apart_in_at_most_five_percent(count, share):
    size = 0.0
    likely = binom.pmf(np.arange(count + 1), count, share)
    splits = [binom.pmf(np.arange(m + 1), m, 0.5) for m in range(count + 1)]
    for discordant in range(count + 1):
        for first_only in range(discordant + 1):
            low, high = _bounds((2 * first_only - discordant) / count, (discordant + 1) / count**2, count)
            if low > 0 or high < 0:
                size += likely[discordant] * splits[discordant][first_only]
    assert size <= 0.056


def _bounds(value, variance, count):
    made = Comparison(value=value, variance=variance, count=count, method="", contributions=np.zeros(1))
    return made.bounds()


def test_no_disagreement_is_not_certainty():
    made = table(0, 0, 50)
    assert made.value == 0
    assert made.interval.low == -made.interval.high
    assert 0.02 < made.interval.high < 0.06


def test_a_total_victory_stays_in_range():
    made = table(40, 0, 40)
    assert made.interval.high == 1.0
    assert 0.8 < made.interval.low < 1.0


def test_swapping_the_predictors_turns_the_sign():
    rng = np.random.default_rng(0)
    items = items_of(rng.choice(3, size=90, p=[0.6, 0.3, 0.1]))
    first, second = (rng.random((2, 90)) < 0.7) * items.ceiling
    there, back = compare(first, second, items), compare(second, first, items)
    assert there.value == pytest.approx(-back.value)
    assert there.interval.low == pytest.approx(-back.interval.high)
    assert there.value == pytest.approx(first.mean() - second.mean())


def test_tied_items_count_once():
    rng = np.random.default_rng(1)
    targets = np.arange(60) % 2
    first, second = (rng.random((2, 60)) < 0.7).astype(float)
    once = compare(first, second, items_of(targets))
    four = compare(*(np.repeat(x, 4) for x in (first, second)), items_of(np.repeat(targets, 4), np.arange(240) // 4))
    assert four.value == pytest.approx(once.value)
    assert four.variance == pytest.approx(once.variance)


def test_detectable_and_needed_agree():
    made = table(30, 30, 400)
    assert made.smallest_detectable == pytest.approx(2.8016 * made.standard_error, rel=1e-4)
    assert made.needed(made.smallest_detectable) == pytest.approx(400, abs=1)
    # 7.85 d / delta^2 for a discordant share d
    assert made.needed(0.05) == pytest.approx(7.85 * 0.15 / 0.05**2, rel=0.03)


def test_the_advertised_difference_is_found_four_times_out_of_five():
    rng = np.random.default_rng(2)
    items, found = items_of(np.arange(400) % 2), 0
    for _ in range(300):
        draw = rng.random(400)
        first, second = (draw < 0.86) | (draw > 0.93), draw < 0.93
        found += compare(first.astype(float), second.astype(float), items).interval.low > 0
    assert found < 30
    detectable = table(28, 28, 400).smallest_detectable
    found = 0
    for _ in range(300):
        draw = rng.random(400)
        first_only, second_only = draw < 0.07 + detectable / 2, draw > 0.93 + detectable / 2
        found += compare(1.0 - second_only, 1.0 - first_only, items).interval.low > 0
    assert 0.72 <= found / 300 <= 0.88


def noise_credit(rng, count, folds):
    """Out-of-fold shares of the class mean's side on features without signal."""
    targets = np.arange(count) % 2
    rows = rng.normal(size=(count, 12))
    credit = np.empty(folds.shape)
    for row, shares in zip(folds, credit, strict=True):
        for k in range(int(folds.max()) + 1):
            held = row == k
            direction = rows[~held][targets[~held] == 1].mean(0) - rows[~held][targets[~held] == 0].mean(0)
            middle = rows[~held].mean(0)
            shares[held] = ((rows[held] - middle) @ direction > 0) == targets[held]
    return credit


def test_cross_validated_noise_is_told_apart_in_about_five_percent():
    rng = np.random.default_rng(3)
    items, wrong = items_of(np.arange(80) % 2), 0
    for draw in range(300):
        folds, _ = repeated_folds(items.targets, items.groups, 5, 2, draw)
        made = compare_cross_validated(noise_credit(rng, 80, folds), noise_credit(rng, 80, folds), folds, items)
        wrong += made.interval.low > 0 or made.interval.high < 0
    assert 0.015 <= wrong / 300 <= 0.085


def test_cross_validation_compares_what_both_were_scored_on():
    rng = np.random.default_rng(4)
    items = items_of(np.arange(60) % 2)
    folds, _ = repeated_folds(items.targets, items.groups, 5, 2, 0)
    first, second = (rng.random((2, 2, 60)) < 0.7).astype(float)
    cut = np.where((folds < 2) & (np.arange(2)[:, None] == 0), second, np.nan)
    made = compare_cross_validated(first, cut, folds, items)
    common = folds[0] < 2
    assert made.count == common.sum()
    assert made.value == pytest.approx((first[0] - second[0])[common].mean())
    assert made.variance > compare_cross_validated(first, second, folds, items).variance


def test_a_class_missing_from_the_common_fold_is_left_out():
    items = items_of([0, 0, 0, 0, 1, 1])
    folds = np.array([[0, 0, 1, 1, 1, 1]])
    first = items.ceiling[None].copy()
    second = np.array([[0.0, items.ceiling[1], np.nan, np.nan, np.nan, np.nan]])
    made = compare_cross_validated(first, second, folds, items)
    assert made.value == pytest.approx(0.5)
    assert made.contributions.sum() == pytest.approx(0.5)


def test_nothing_in_common_is_said():
    items = items_of(np.arange(10) % 2)
    folds = (np.arange(10) % 5)[None]
    first = np.where(folds == 0, 1.0, np.nan)
    second = np.where(folds == 1, 1.0, np.nan)
    with pytest.raises(UserError, match="never scored on the same item; score both on at least one common fold"):
        compare_cross_validated(first, second, folds, items)


def test_on_one_fold_the_added_item_weighs_as_the_scored_ones_do():
    rng = np.random.default_rng(5)
    items = items_of(np.arange(150) % 2)
    folds, _ = repeated_folds(items.targets, items.groups, 5, 1, 0)
    first, second = (rng.random((2, 1, 150)) < 0.7).astype(float)
    made = compare_cross_validated(first, np.where(folds == 0, second, np.nan), folds, items)
    here = folds[0] == 0
    discordant = int((first != second)[0, here].sum())
    assert made.count == 30
    assert made.variance == pytest.approx((discordant + 1) / 30**2 * (1 + 0.5 / 4 + 0.375))
    assert made.method == "paired, 1 of the 5 splits of 5-fold cross-validation (Nadeau-Bengio and items)"
