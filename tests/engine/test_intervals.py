import numpy as np
import pytest
from scipy import optimize
from scipy.stats import binomtest

from headstart.engine.estimates import Sample, Strata
from headstart.engine.folds import repeated_folds
from headstart.engine.intervals import (
    cross_validated_error,
    cross_validated_interval,
    mean_interval,
    selection_corrected,
    stratified_wilson,
    wilson,
)


def items_of(targets, groups=None, *, plain=False):
    targets = np.asarray(targets)
    counts = np.bincount(targets)
    ceiling = np.ones(len(targets)) if plain else len(targets) / (len(counts) * counts[targets])
    return Sample(targets=targets, groups=np.arange(len(targets)) if groups is None else groups, ceiling=ceiling)


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (3, 10), (10, 10), (45, 50), (499, 1000)])
def test_wilson_is_that_of_scipy(hits, count):
    known = binomtest(hits, count).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson(hits / count, count), (known.low, known.high), atol=1e-12)


def test_one_stratum_and_equal_strata_are_plain_wilson():
    one = Strata(weight=np.ones(1), share=np.array([0.9]), count=np.array([40.0]))
    four = Strata(weight=np.full(4, 0.25), share=np.full(4, 0.9), count=np.full(4, 10.0))
    np.testing.assert_allclose(stratified_wilson(one), wilson(0.9, 40))
    np.testing.assert_allclose(stratified_wilson(four), wilson(0.9, 40))


def test_stratified_bounds_solve_the_score_equation():
    strata = Strata(weight=np.array([0.5, 0.5]), share=np.array([0.92, 0.7]), count=np.array([180.0, 20.0]))

    def excess(scale):
        ends = np.array([wilson(p, n, scale)[0] for p, n in zip(strata.share, strata.count, strict=True)])
        deviation = np.sqrt((strata.weight**2 * ends * (1 - ends) / strata.count).sum())
        return strata.value - strata.weight @ ends - 1.959963984540054 * deviation

    scale = optimize.brentq(excess, 0.1, 3.0)
    expected = sum(0.5 * wilson(p, n, scale)[0] for p, n in zip(strata.share, strata.count, strict=True))
    assert stratified_wilson(strata)[0] == pytest.approx(expected, abs=1e-7)


def test_accuracy_gets_wilson_whatever_the_classes():
    items = items_of(np.array([0] * 40 + [1] * 10), plain=True)
    credit = (np.arange(50) % 5 > 0).astype(float)
    interval = mean_interval(credit, items)
    assert (interval.low, interval.high) == pytest.approx(wilson(0.8, 50))
    assert interval.method == "Wilson"


def test_balanced_accuracy_is_wider_where_a_class_is_rare():
    items = items_of(np.array([0] * 95 + [1] * 5))
    interval = mean_interval((np.arange(100) % 5 > 0) * items.ceiling, items)
    low, high = wilson(0.8, 100)
    assert interval.method == "stratified Wilson"
    assert interval.high - interval.low > 1.5 * (high - low)


def test_perfect_ties_count_as_one_item_each():
    items = items_of(np.tile([0, 0, 1, 1], 25), groups=np.repeat(np.arange(50), 2))
    right = np.repeat(np.arange(50) % 5 > 0, 2).astype(float)
    tied = mean_interval(right, items)
    apart = mean_interval(right, items_of(items.targets))
    half = mean_interval(right[::2], items_of(items.targets[::2]))
    assert tied.method == "Wilson, by groups"
    assert tied.high - tied.low > 1.3 * (apart.high - apart.low)
    assert tied.high - tied.low == pytest.approx(half.high - half.low, rel=0.06)


def test_a_perfect_score_of_ties_is_no_more_certain_than_its_groups():
    items = items_of(np.tile([0, 1], 30), groups=np.arange(60) // 3)
    interval = mean_interval(np.ones(60), items)
    assert interval.high == 1.0
    assert interval.low == pytest.approx(wilson(1.0, 20)[0])


@pytest.mark.parametrize(
    ("count", "recalls", "shares"),
    [(60, (0.8, 0.7), (0.5, 0.5)), (100, (0.95, 0.6), (0.85, 0.15)), (200, (0.98, 0.98, 0.9), (0.4, 0.4, 0.2))],
)
def test_coverage_on_a_test_split(count, recalls, shares):
    rng = np.random.default_rng(0)
    targets = np.repeat(np.arange(len(shares)), np.round(np.array(shares) * count).astype(int))
    items = items_of(targets)
    held = 0
    for _ in range(400):
        interval = mean_interval((rng.random(count) < np.array(recalls)[targets]) * items.ceiling, items)
        held += interval.low <= np.mean(recalls) <= interval.high
    assert 0.92 <= held / 400 <= 0.985


def cross_validated(rng, count=120, signal=1.0, dim=8, repeats=2):
    """Out-of-fold shares of nearest class means, and the truth of the model trained on everything."""
    targets = np.tile([0, 1], count // 2)
    means = np.zeros((2, dim))
    means[1, 0] = signal
    rows = rng.normal(size=(count, dim)) + means[targets]
    fresh_targets = rng.integers(2, size=2000)
    fresh = rng.normal(size=(2000, dim)) + means[fresh_targets]
    items = items_of(targets)
    folds, _ = repeated_folds(targets, items.groups, 5, repeats, int(rng.integers(2**31)))

    def right(train, labels, test, truth):
        centres = np.stack([train[labels == c].mean(0) for c in (0, 1)])
        nearest = ((test[:, None] - centres) ** 2).sum(-1).argmin(1)
        return (nearest == truth).astype(float)

    credit = np.empty((repeats, count))
    for row, shares in zip(folds, credit, strict=True):
        for k in range(5):
            held = row == k
            shares[held] = right(rows[~held], targets[~held], rows[held], targets[held])
    return credit, folds, items, right(rows, targets, fresh, fresh_targets).mean()


def test_coverage_of_cross_validation():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        credit, folds, items, truth = cross_validated(rng)
        interval = cross_validated_interval(credit, folds, items)
        held += interval.low <= truth <= interval.high
    assert 0.91 <= held / 200 <= 0.995


def test_cross_validated_interval_names_its_scheme_and_leans_upwards():
    credit, folds, items, _ = cross_validated(np.random.default_rng(2))
    interval = cross_validated_interval(credit, folds, items)
    assert interval.method == "2 x 5-fold cross-validation, Wilson"
    assert interval.value == pytest.approx(credit.mean())
    assert interval.low < interval.value < interval.high
    once = cross_validated_interval(credit[:1], folds[:1], items)
    assert once.method == "5-fold cross-validation, Wilson"
    assert cross_validated_error(credit, folds, items) > np.sqrt(interval.value * (1 - interval.value) / len(items))


def test_a_budget_that_ends_early_widens_the_interval():
    credit, folds, items, _ = cross_validated(np.random.default_rng(3), repeats=1)
    part = np.where(folds < 2, credit, np.nan)
    whole = cross_validated_interval(credit, folds, items)
    cut = cross_validated_interval(part, folds, items)
    assert cut.high - cut.low > 1.2 * (whole.high - whole.low)
    assert cut.value == pytest.approx(np.nanmean(part))


def test_repeats_do_not_make_more_items():
    rng = np.random.default_rng(4)
    items = items_of(np.tile([0, 1], 50))
    folds, _ = repeated_folds(items.targets, items.groups, 5, 10, 0)
    credit = np.tile(rng.random(100) < 0.8, (10, 1)).astype(float)
    interval = cross_validated_interval(credit, folds, items)
    low, high = wilson(credit.mean(), 100)
    assert interval.high - interval.low >= high - low


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
