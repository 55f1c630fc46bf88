import numpy as np
import pytest

from headstart.engine import outputs
from headstart.engine.outputs import probabilities_of, stacked
from headstart.tasks.classification import Classification


def test_of_many_items_single_precision_is_kept_and_nothing_else_changes(monkeypatch):
    task = Classification(classes=["a", "b", "c"])
    logits = np.random.default_rng(0).normal(size=(25, 3))
    few = probabilities_of(logits, task)
    assert few.dtype == np.float64
    monkeypatch.setattr(outputs, "MANY", 10)
    many = probabilities_of(logits.astype(np.float32), task)
    assert many.dtype == np.float32
    np.testing.assert_allclose(many, few, rtol=1e-5)


@pytest.mark.parametrize(("gap", "loss"), [(10.0, 10.0), (80.0, 80.0), (95.0, 87.34), (120.0, 87.34), (2000.0, 87.34)])
def test_one_item_denied_costs_the_same_among_few_and_among_many(monkeypatch, gap: float, loss: float):
    task = Classification(classes=["a", "b"])
    logits, targets = np.tile([gap, 0.0], (25, 1)), np.ones(25, dtype=np.int64)
    few = task.metrics(probabilities_of(logits, task), targets)["log_loss"]
    monkeypatch.setattr(outputs, "MANY", 10)
    many = task.metrics(probabilities_of(logits, task), targets)["log_loss"]
    assert few == pytest.approx(loss, abs=0.01)
    assert many == pytest.approx(loss, abs=0.01)


def test_a_temperature_divides_the_logits(monkeypatch):
    task = Classification(classes=["a", "b", "c"])
    logits = np.random.default_rng(0).normal(size=(25, 3))
    few = probabilities_of(logits, task, 2.5)
    np.testing.assert_allclose(few, task.probabilities(logits / 2.5))
    monkeypatch.setattr(outputs, "MANY", 10)
    np.testing.assert_allclose(probabilities_of(logits, task, 2.5), few, rtol=1e-5)


def test_one_part_is_stacked_without_a_copy_and_several_as_numpy_does():
    one, other = np.arange(3.0), np.ones(3)
    assert np.shares_memory(stacked([one]), one)
    np.testing.assert_array_equal(stacked([one]), np.stack([one]))
    np.testing.assert_array_equal(stacked([one, other]), np.stack([one, other]))
