import numpy as np
import pytest

from headstart.core.task import MetricInfo
from headstart.engine import bootstrap
from headstart.engine.bootstrap import bootstrap_intervals
from headstart.engine.intervals import UNKNOWN
from headstart.engine.wilson import wilson
from headstart.tasks.classification import Classification


def log_loss(probabilities, targets):
    return {"log_loss": float(-np.log(probabilities[np.arange(len(targets)), targets]).mean())}


def drawn(rng, count):
    chance = rng.uniform(0.05, 0.95, size=count)
    targets = (rng.random(count) < chance).astype(int)
    return np.stack([1 - chance, chance], axis=1), targets


def test_the_value_is_that_of_all_items():
    probabilities, targets = drawn(np.random.default_rng(0), 80)
    interval = bootstrap_intervals(log_loss, probabilities, targets, np.arange(80), draws=200)["log_loss"]
    assert interval.value == pytest.approx(log_loss(probabilities, targets)["log_loss"])
    assert interval.low < interval.value < interval.high
    assert interval.method == "BCa bootstrap"


def test_equal_seeds_give_equal_intervals():
    probabilities, targets = drawn(np.random.default_rng(0), 40)
    first = bootstrap_intervals(log_loss, probabilities, targets, np.arange(40), draws=50, seed=3)
    assert first == bootstrap_intervals(log_loss, probabilities, targets, np.arange(40), draws=50, seed=3)


def test_coverage_of_log_loss():
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.05, 0.95, size=200_000)
    truth = float(-(chance * np.log(chance) + (1 - chance) * np.log(1 - chance)).mean())
    held = 0
    for draw in range(150):
        probabilities, targets = drawn(rng, 60)
        interval = bootstrap_intervals(log_loss, probabilities, targets, np.arange(60), draws=200, seed=draw)[
            "log_loss"
        ]
        held += interval.low <= truth <= interval.high
    assert 0.9 <= held / 150 <= 0.99


def test_every_metric_of_the_task_gets_an_interval():
    task = Classification(classes=["a", "b", "c"])
    rng = np.random.default_rng(2)
    targets = np.array([0] * 40 + [1] * 10 + [2])
    probabilities = rng.dirichlet(np.ones(3), size=51)
    intervals = bootstrap_intervals(
        task.metrics, probabilities, targets, np.arange(51), measures=task.measures, draws=100
    )
    expected = task.metrics(probabilities, targets)
    assert set(intervals) == set(expected)
    for name, interval in intervals.items():
        assert interval.value == pytest.approx(expected[name])
        assert interval.low <= interval.high


def test_ties_widen():
    rng = np.random.default_rng(3)
    probabilities, targets = drawn(rng, 60)
    repeated, labels = np.repeat(probabilities, 4, axis=0), np.repeat(targets, 4)
    tied = bootstrap_intervals(log_loss, repeated, labels, np.repeat(np.arange(60), 4), draws=300)["log_loss"]
    apart = bootstrap_intervals(log_loss, repeated, labels, np.arange(240), draws=300)["log_loss"]
    assert tied.high - tied.low > 1.6 * (apart.high - apart.low)


def test_cross_validation_averages_repeats_and_widens():
    rng = np.random.default_rng(4)
    probabilities, targets = drawn(rng, 100)
    tilted = probabilities * np.array([0.8, 1.0])
    tilted /= tilted.sum(1, keepdims=True)
    stack = np.stack([probabilities, tilted])
    crossed = bootstrap_intervals(log_loss, stack, targets, np.arange(100), n_folds=2, draws=400)["log_loss"]
    plain = bootstrap_intervals(log_loss, probabilities, targets, np.arange(100), draws=400)["log_loss"]
    means = [log_loss(p, targets)["log_loss"] for p in stack]
    assert crossed.value == pytest.approx(np.mean(means))
    assert crossed.high - crossed.low > 1.15 * (plain.high - plain.low)


def test_a_perfect_score_keeps_an_interval():
    def accuracy(probabilities, targets):
        return {"accuracy": float((probabilities.argmax(1) == targets).mean())}

    targets = np.tile([0, 1], 20)
    share = {"accuracy": MetricInfo()}
    interval = bootstrap_intervals(accuracy, np.eye(2)[targets], targets, np.arange(40), measures=share, draws=50)[
        "accuracy"
    ]
    assert (interval.low, interval.high) == pytest.approx(wilson(1.0, 40))
    assert interval.method == "Wilson"


def test_a_metric_that_does_not_vary_has_no_width():
    probabilities, targets = drawn(np.random.default_rng(5), 30)
    interval = bootstrap_intervals(lambda p, t: {"constant": 0.3}, probabilities, targets, np.arange(30), draws=20)
    assert interval["constant"].low == interval["constant"].high == 0.3


def tiny_classes(rng, classes=60, most=2):
    """A predictor that is right about 70% of the time, on one or two items of each class."""
    targets = np.repeat(np.arange(classes), rng.integers(1, most + 1, size=classes))
    top = np.where(rng.random(len(targets)) < 0.7, targets, rng.integers(classes, size=len(targets)))
    confidence = rng.uniform(0.3, 0.9, size=len(targets))
    probabilities = np.full((len(targets), classes), 1.0) * ((1 - confidence) / (classes - 1))[:, None]
    probabilities[np.arange(len(targets)), top] = confidence
    return probabilities, targets


def test_coverage_where_classes_hold_one_or_two_items():
    task = Classification(classes=[str(c) for c in range(60)])
    rng = np.random.default_rng(6)
    drawn = [tiny_classes(rng) for _ in range(600)]
    truth = {name: np.mean([task.metrics(*each)[name] for each in drawn]) for name in task.metrics(*drawn[0])}
    held = dict.fromkeys(truth, 0)
    for draw, (probabilities, targets) in enumerate(drawn[:120]):
        found = bootstrap_intervals(
            task.metrics, probabilities, targets, np.arange(len(targets)), measures=task.measures, draws=150, seed=draw
        )
        for name, interval in found.items():
            held[name] += interval.low <= truth[name] <= interval.high
    assert all(0.9 <= held[name] / 120 <= 0.99 for name in ("accuracy", "log_loss", "brier"))
    assert held["macro_f1"] / 120 >= 0.9


def test_only_what_is_taken_by_class_is_lent():
    def metrics(probabilities, targets):
        classes = len(np.unique(targets))
        return {"by_item": float(classes), "by_class": float(classes)}

    targets = np.array([0] * 30 + [1])
    measures = {"by_class": MetricInfo(high=2.0, by_class=True), "by_item": MetricInfo(high=2.0)}
    found = bootstrap_intervals(metrics, np.ones((31, 2)), targets, np.arange(31), measures=measures, draws=100)
    assert found["by_item"].low == 1.0
    assert found["by_class"].method == "Wilson"


def test_one_group_gives_the_whole_range_and_leaves_out_what_has_none():
    task = Classification(classes=["a", "b"])
    rng = np.random.default_rng(7)
    targets, probabilities = np.arange(40) % 2, rng.dirichlet(np.ones(2), size=40)
    found = bootstrap_intervals(
        task.metrics, probabilities, targets, np.zeros(40, dtype=int), measures=task.measures, draws=20
    )
    assert set(found) == set(task.measures) - {"log_loss"}
    assert (found["accuracy"].low, found["accuracy"].high, found["accuracy"].method) == (0.0, 1.0, UNKNOWN)
    assert found["brier"].high == 2.0


def test_a_metric_that_ends_with_one_group_is_unknown():
    task = Classification(classes=["a", "b"])
    rng = np.random.default_rng(8)
    targets, probabilities = np.array([0] * 30 + [1]), rng.dirichlet(np.ones(2), size=31)
    found = bootstrap_intervals(task.metrics, probabilities, targets, np.arange(31), measures=task.measures, draws=50)
    assert found["roc_auc"].method == UNKNOWN
    assert found["accuracy"].method == "BCa bootstrap"
    assert found["macro_f1"].method == "BCa bootstrap and jackknife"


def test_a_few_groups_are_as_wide_as_students_t():
    task = Classification(classes=["a", "b"])
    targets, groups = np.arange(90) % 2, np.arange(90) // 30
    right = np.where(np.arange(90) % 30 < np.array([27, 24, 21])[groups], targets, 1 - targets)
    found = bootstrap_intervals(
        task.metrics, np.eye(2)[right] * 0.8 + 0.1, targets, groups, measures=task.measures, draws=100
    )["accuracy"]
    assert found.low == pytest.approx(0.8 - 4.303 * 0.1 / np.sqrt(3), abs=1e-3)
    assert found.high == 1.0


def test_of_many_groups_the_jackknife_gives_nearly_the_same_interval(monkeypatch):
    probabilities, targets = drawn(np.random.default_rng(6), 3000)
    groups = np.arange(3000) // 2
    drawn_interval = bootstrap_intervals(log_loss, probabilities, targets, groups, draws=400)["log_loss"]
    monkeypatch.setattr(bootstrap, "MANY", 1500)
    left_out = bootstrap_intervals(log_loss, probabilities, targets, groups)["log_loss"]
    assert left_out.method == "jackknife of 100 blocks"
    assert left_out.value == drawn_interval.value
    width = drawn_interval.high - drawn_interval.low
    assert left_out.high - left_out.low == pytest.approx(width, rel=0.25)


def test_many_perfect_predictions_are_still_wilsons(monkeypatch):
    monkeypatch.setattr(bootstrap, "MANY", 50)
    task, targets = Classification(classes=["a", "b"]), np.arange(60) % 2
    found = bootstrap_intervals(task.metrics, np.eye(2)[targets], targets, np.arange(60), measures=task.measures)
    assert found["accuracy"].method == "Wilson"
    assert found["accuracy"].low < 1.0
