import numpy as np
import pytest

from headstart.engine.curve import (
    curve_sizes,
    error_power_law,
    exponential,
    forecast,
    learning_curve,
    logarithm,
    power_law,
    stratified_order,
)

STEPS = np.array([20, 32, 50, 80, 127, 202, 320])
AT = np.array([400.0, 800.0, 1600.0])


def weights():
    return STEPS / STEPS.sum()


@pytest.mark.parametrize(
    ("shape", "truth"),
    [
        (power_law, lambda n: 0.9 - 1.5 * n**-0.5),
        (power_law, lambda n: 1.0 - 1.2 * n**-0.3),
        (error_power_law, lambda n: 1.0 - 1.2 * n**-0.3),
        (exponential, lambda n: 0.85 - 0.3 * np.exp(-n / 90)),
        (logarithm, lambda n: 0.4 + 0.07 * np.log(n)),
    ],
)
def test_every_shape_recovers_its_own_curve(shape, truth):
    n = STEPS.astype(float)
    np.testing.assert_allclose(shape(n, truth(n), weights(), AT), truth(AT), atol=2e-4)


def test_a_power_law_never_promises_more_than_everything():
    n = STEPS.astype(float)
    steep = np.minimum(0.99, 0.1 + 0.15 * np.log(n))
    assert (power_law(n, steep, weights(), np.array([1e5, 1e7])) <= 1.0).all()


def table(truth, noise, draws=20, seed=0):
    return truth(STEPS.astype(float)) + noise * np.random.default_rng(seed).normal(size=(draws, len(STEPS)))


def test_a_steady_curve_is_forecast_to_four_times():
    def truth(n):
        return 0.95 - 1.3 * n**-0.5

    curve = forecast(STEPS, table(truth, 0.01), 400, 5, seed=0)
    assert [point.n for point in curve.forecast] == [400, 800, 1600]
    for point in curve.forecast:
        assert point.low <= truth(point.n) <= point.high
        assert point.low <= point.value <= point.high
    assert curve.forecast[2].high - curve.forecast[2].low > curve.forecast[1].high - curve.forecast[1].low
    assert curve.note.startswith("With 1,600 labelled items expect ")


def test_points_are_means_with_their_range():
    values = table(lambda n: 0.9 - 1.0 / n, 0.02)
    curve = forecast(STEPS, values, 400, 5, seed=0)
    np.testing.assert_allclose([point.value for point in curve.points], values.mean(0))
    np.testing.assert_allclose([point.low for point in curve.points], np.quantile(values, 0.1, axis=0))
    assert [point.n for point in curve.points] == list(STEPS)


def test_a_flat_curve_is_not_forecast():
    refused = [forecast(STEPS, table(lambda n: 0.5 + 0 * n, 0.05, seed=seed), 400, 5, seed=seed) for seed in range(30)]
    assert sum(curve.forecast == () for curve in refused) >= 26
    assert refused[0].note == "The curve is flat within its noise: more labels of this kind are not shown to help."
    assert len(refused[0].points) == len(STEPS)


def test_a_noisy_curve_is_not_forecast():
    curve = forecast(STEPS, table(lambda n: 0.05 * n**0.45, 0.15), 400, 5, seed=0)
    assert curve.forecast == ()
    assert curve.note == "The curve is too noisy to forecast from."


def test_where_the_range_grows_too_wide_the_forecast_stops():
    notes = [forecast(STEPS, table(lambda n: 0.1 * n**0.3, 0.05, seed=s), 400, 5, seed=s) for s in range(12)]
    cut = [curve for curve in notes if len(curve.forecast) == 2]
    assert cut
    assert cut[0].note.endswith("Beyond that the range is too wide to be of use.")
    assert [point.n for point in cut[0].forecast] == [400, 800]


def test_sizes_grow_in_equal_ratio_and_hold_two_of_each_class():
    assert curve_sizes(320, 10, 7) == [20, 32, 50, 80, 127, 202, 320]
    assert curve_sizes(10_000, 2, 3) == [313, 1769, 10_000]
    assert curve_sizes(7, 2, 7) == [7]


def test_every_prefix_is_stratified():
    rng = np.random.default_rng(0)
    targets = np.array([0] * 60 + [1] * 30 + [2] * 10)
    order = stratified_order(targets, np.arange(100), rng)
    assert sorted(order) == list(range(100))
    assert set(targets[order[:3]]) == {0, 1, 2}
    for size in (10, 20, 50, 80):
        counts = np.bincount(targets[order[:size]], minlength=3)
        assert (np.abs(counts - size * np.array([0.6, 0.3, 0.1])) <= 2.5).all()


def test_ties_follow_one_another():
    rng = np.random.default_rng(1)
    groups = np.arange(60) // 3
    order = stratified_order(np.arange(60) % 2, groups, rng)
    assert (np.diff(groups[order]) != 0).sum() == 19


def test_learning_curve_trains_on_growing_sets_that_leave_out_the_test_and_its_ties():
    groups = np.arange(100) // 2
    targets = groups % 2
    seen = []

    def score(train, test):
        assert not set(groups[train]) & set(groups[test])
        seen.append((len(train), len(test)))
        return 0.9 - 1.0 / len(train)

    curve = learning_curve(score, targets, groups, draws=10, sizes=5)
    assert len(seen) == 10 * 5
    assert max(size for size, _ in seen) == 80
    assert curve.points[-1].n == 80
    assert curve.forecast[0].n == 100


def test_the_score_of_a_real_learner_is_forecast():
    rng = np.random.default_rng(2)
    means = np.zeros((2, 40))
    means[1, :4] = 1.0

    def draw(count):
        targets = rng.integers(2, size=count)
        return rng.normal(size=(count, 40)) + means[targets], targets

    rows, targets = draw(300)

    def learn(x, y, fresh, truth):
        centres = np.stack([x[y == c].mean(0) for c in (0, 1)])
        return float((((fresh[:, None] - centres) ** 2).sum(-1).argmin(1) == truth).mean())

    curve = learning_curve(
        lambda train, test: learn(rows[train], targets[train], rows[test], targets[test]), targets, np.arange(300)
    )
    more, labels = draw(1200)
    truth = learn(more, labels, *draw(4000))
    assert curve.forecast[-1].n == 1200
    assert curve.forecast[-1].low - 0.02 <= truth <= curve.forecast[-1].high + 0.02


def test_too_few_items_make_no_curve():
    curve = learning_curve(lambda train, test: 0.5, np.arange(12) % 4, np.arange(12))
    assert curve.points == ()
    assert curve.note == "12 items are too few for a learning curve."


def test_threads_change_no_point():
    targets = np.arange(120) % 2

    def score(train, test):
        return 1.0 - 1.0 / len(train) + 1e-6 * float(train.sum() + test.sum())

    one, three = (learning_curve(score, targets, np.arange(120), draws=10, threads=threads) for threads in (1, 3))
    assert len(one.points) > 3
    assert one == three


def test_subsets_grow_by_ties_where_folds_hold_larger_groups():
    targets, domains = np.arange(120) % 2, np.arange(120) // 30
    seen = []

    def score(train: np.ndarray, test: np.ndarray) -> float:
        seen.append((len(np.unique(domains[train])), len(np.unique(domains[test])), len(train)))
        return 0.5

    learning_curve(score, targets, domains, ties=np.arange(120), draws=4)
    smallest = min(count for _, _, count in seen)
    assert all(tested == 1 for _, tested, _ in seen)
    assert max(domains for domains, _, count in seen if count == smallest) == 3
