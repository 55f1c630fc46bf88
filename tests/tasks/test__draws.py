"""Many resamples at once, against one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.core.task import Task, one_by_one
from headstart.tasks.classification import Classification


def drawn(classes: int, items: int, seed: int, distinct: int = 10**6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(classes), size=items)
    probabilities = np.round(probabilities * distinct) / distinct
    targets = rng.integers(classes, size=items)
    counts = rng.multinomial(items, np.ones(items) / items, size=40)
    counts[0] = 0
    counts[0, 0] = 3  # one item of one class, three times
    counts[1] = targets == targets[0]
    counts[2] = 1
    return probabilities, targets, counts


@pytest.mark.parametrize(("classes", "items"), [(2, 60), (3, 60), (5, 8), (2, 7)])
def test_every_metric_is_that_of_each_draw_by_itself(classes: int, items: int):
    task = Classification(classes=[str(name) for name in range(classes)])
    probabilities, targets, counts = drawn(classes, items, seed=items)
    together = task.metrics_of_draws(probabilities, targets)(counts)
    apart = one_by_one(task.metrics, probabilities, targets)(counts)
    assert set(together) == set(apart)
    for name, values in apart.items():
        np.testing.assert_allclose(together[name], values, atol=1e-12, err_msg=name)


def test_ties_in_scores_count_half():
    task = Classification(classes=["a", "b"])
    probabilities, targets, counts = drawn(2, 50, seed=3, distinct=5)
    together = task.metrics_of_draws(probabilities, targets)(counts)["roc_auc"]
    np.testing.assert_allclose(together, one_by_one(task.metrics, probabilities, targets)(counts)["roc_auc"])


def test_a_task_without_a_shorter_way_has_the_long_one():
    task = Classification(classes=["a", "b", "c"])
    probabilities, targets, counts = drawn(3, 20, seed=1)
    usual = Task.metrics_of_draws(task, probabilities, targets)(counts)
    np.testing.assert_allclose(usual["brier"], task.metrics_of_draws(probabilities, targets)(counts)["brier"])
