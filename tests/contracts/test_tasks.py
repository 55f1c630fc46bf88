"""What every task keeps to. Tasks take their classes, so they are made one by one instead of by `Registry.create`."""

import numpy as np
import pytest
import torch

from headstart.catalog import tasks

CLASSES = ("a", "b", "c")


@pytest.fixture(params=tasks.names())
def task(request):
    return tasks.get(request.param)(classes=CLASSES)


def _sample(task, items=40):
    generator = np.random.default_rng(0)
    return generator.normal(size=(items, task.outputs)) * 2.0, generator.integers(0, len(CLASSES), items)


def test_it_knows_its_classes_and_its_primary_metric(task):
    assert task.classes == CLASSES
    assert task.outputs >= 1
    logits, targets = _sample(task)
    assert task.primary in task.metrics(task.probabilities(logits), targets)


def test_probabilities_are_float64_rows_between_zero_and_one(task):
    logits, _ = _sample(task)
    probabilities = task.probabilities(logits.astype(np.float32))
    assert probabilities.shape == logits.shape
    assert probabilities.dtype == np.float64
    assert probabilities.min() >= 0.0
    assert probabilities.max() <= 1.0
    np.testing.assert_allclose(task.probabilities(logits[:1]), task.probabilities(logits)[:1])


def test_credit_averages_to_the_primary_metric_which_is_best_when_all_is_known(task):
    logits, targets = _sample(task)
    probabilities = task.probabilities(logits)
    credit = task.credit(probabilities, targets)
    assert credit.shape == (40,)
    assert credit.mean() == pytest.approx(task.metrics(probabilities, targets)[task.primary])
    known = task.probabilities(50.0 * (targets[:, None] == np.arange(task.outputs)))
    assert credit.mean() < task.metrics(known, targets)[task.primary] == pytest.approx(1.0)


def test_metrics_are_plain_finite_numbers_even_for_one_item_or_one_class(task):
    logits, targets = _sample(task)
    for rows in (slice(None), slice(0, 1), targets == 0):
        values = task.metrics(task.probabilities(logits[rows]), targets[rows])
        assert all(type(value) is float and np.isfinite(value) for value in values.values())


def test_loss_falls_as_logits_improve_and_weights_count(task):
    logits, targets = (torch.from_numpy(each) for each in _sample(task))
    logits.requires_grad_(True)
    even = torch.ones(task.outputs, dtype=torch.float64)
    loss = task.losses(logits, targets, even).mean()
    (slope,) = torch.autograd.grad(loss, logits)
    assert loss.ndim == 0
    assert task.losses(logits - 0.1 * slope, targets, even).mean() < loss
    uneven = torch.tensor([5.0, 1.0, 1.0], dtype=torch.float64)
    assert task.losses(logits, targets, uneven).mean() > loss


def test_every_metric_is_known_and_keeps_to_its_range(task):
    logits, targets = _sample(task)
    for rows in (slice(None), slice(0, 1), targets == 0):
        values = task.metrics(task.probabilities(logits[rows]), targets[rows])
        assert all(task.measures[name].low <= value <= task.measures[name].high for name, value in values.items())
        by_item = {name for name, info in task.measures.items() if not info.by_class}
        assert by_item <= set(values)
