import numpy as np
import pytest

from headstart.engine.folds import repeated_folds
from headstart.engine.intervals import UNKNOWN, cross_validated_interval, mean_interval
from headstart.engine.wilson import wilson
from tests.engine.samples import items_of


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
    low, high = wilson(interval.value, len(items))
    assert interval.high - interval.low > high - low


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


def small_classes(name):
    """Class counts and true rates: as few items as one, and rates far apart."""
    rng = np.random.default_rng(9)
    if name == "200 classes of 1 to 3":
        return rng.integers(1, 4, size=200), rng.beta(4, 2, size=200)
    if name == "200 classes of 1 or 2, half of them hard":
        return rng.integers(1, 3, size=200), np.repeat([0.95, 0.4], 100)
    if name == "40 classes of 5 to 8":
        return rng.integers(5, 9, size=40), rng.beta(6, 2, size=40)
    if name == "100 classes of 1 to 3 and 10 of 40":
        return np.concatenate([rng.integers(1, 4, size=100), np.full(10, 40)]), np.repeat([0.6, 0.9], [100, 10])
    return np.array([30, 300]), np.array([0.7, 0.95])


SMALL = (
    "200 classes of 1 to 3",
    "200 classes of 1 or 2, half of them hard",
    "40 classes of 5 to 8",
    "100 classes of 1 to 3 and 10 of 40",
    "2 classes of 30 and 300",
)


@pytest.mark.parametrize("name", SMALL)
def test_coverage_where_classes_are_small(name):
    counts, rates = small_classes(name)
    items, rng, held = items_of(np.repeat(np.arange(len(counts)), counts)), np.random.default_rng(0), 0
    for _ in range(300):
        interval = mean_interval((rng.random(len(items)) < rates[items.targets]) * items.ceiling, items)
        held += interval.low <= rates.mean() <= interval.high
    assert 0.92 <= held / 300 <= 0.99


def test_cross_validation_covers_where_classes_are_small():
    counts, rates = small_classes("200 classes of 1 to 3")
    items, rng, held = items_of(np.repeat(np.arange(len(counts)), counts)), np.random.default_rng(0), 0
    folds, _ = repeated_folds(items.targets, items.groups, 5, 1, 0)
    for _ in range(200):
        credit = (rng.random((1, len(items))) < rates[items.targets]) * items.ceiling
        interval = cross_validated_interval(credit, folds, items)
        held += interval.low <= rates.mean() <= interval.high
    assert held / 200 >= 0.92


def test_one_group_of_ties_shows_nothing():
    items = items_of(np.tile([0, 1], 30), groups=np.zeros(60, dtype=int))
    interval = mean_interval((np.arange(60) % 6 > 0).astype(float), items)
    assert (interval.low, interval.high, interval.method) == (0.0, 1.0, UNKNOWN)
    alone = mean_interval(np.ones(1), items_of([0]))
    assert (alone.low, alone.high) == pytest.approx(wilson(1.0, 1))


def test_a_few_groups_that_agree_by_luck_stay_wide():
    items = items_of(np.tile([0, 1], 50), groups=np.repeat([0, 1], 50))
    interval = mean_interval((np.arange(100) % 50 < 25).astype(float), items)
    assert interval.high - interval.low > 0.7
    assert interval.method == "Wilson, by groups"


@pytest.mark.parametrize("n_groups", [3, 4, 8])
def test_coverage_with_few_groups(n_groups):
    groups = np.repeat(np.arange(n_groups), 30)
    items, rng, held = items_of(np.arange(len(groups)) % 2, groups), np.random.default_rng(2), 0
    for _ in range(300):
        level = np.clip(rng.normal(0.7, 0.1, size=n_groups), 0, 1)
        interval = mean_interval((rng.random(len(groups)) < level[groups]).astype(float), items)
        held += interval.low <= 0.7 <= interval.high
    assert held / 300 >= 0.92


def test_a_class_in_one_group_counts_as_one_item():
    items = items_of(np.repeat([0, 1], [90, 60]), groups=np.concatenate([np.arange(90), np.full(60, 90)]))
    credit = items.ceiling * (np.arange(150) % 6 > 0)
    interval, apart = mean_interval(credit, items), mean_interval(credit, items_of(items.targets))
    assert interval.high - interval.low > 2 * (apart.high - apart.low)


def test_the_method_says_what_was_run():
    credit, folds, items, _ = cross_validated(np.random.default_rng(4), repeats=3)
    cut = np.where(folds < 2, credit, np.nan)
    cut[1:] = np.nan
    assert cross_validated_interval(cut, folds, items).method == "2 of the 5 splits of 5-fold cross-validation, Wilson"


def test_a_fold_of_one_group_shows_nothing():
    groups = np.arange(60) // 12
    items, folds = items_of(np.arange(60) % 2, groups), groups[None]
    credit = np.where(folds == 0, (np.arange(60) % 4 > 0).astype(float), np.nan)
    interval = cross_validated_interval(credit, folds, items)
    assert (interval.low, interval.high) == (0.0, 1.0)
    assert interval.method == f"1 of the 5 splits of 5-fold cross-validation; {UNKNOWN}"
    whole = cross_validated_interval((np.arange(60) % 4 > 0).astype(float)[None], folds, items)
    assert whole.method == "5-fold cross-validation, Wilson, by groups"
