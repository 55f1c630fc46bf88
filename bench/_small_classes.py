"""Synthetic classes of a few items each: where a class shows little of its own spread."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from bench._simulate import Rows, cross_fitted, fitted, sample_of, scored_on, task_of
from headstart.core.results import Interval
from headstart.engine.bootstrap import bootstrap_intervals
from headstart.engine.folds import repeated_folds
from headstart.engine.intervals import cross_validated_interval, mean_interval

DIM = 16
TRAIN = 4
"""Training items of each class where there is a test split."""
TRUTH = 10_000
"""Fresh items, which tell the true score; every class has as many there."""

Counts = Callable[[np.random.Generator], "NDArray[np.int64]"]
SCENES: dict[str, Counts] = {
    "200 classes of 1 to 3": lambda rng: rng.integers(1, 4, size=200),
    "40 classes of 5 to 8": lambda rng: rng.integers(5, 9, size=40),
    "100 classes of 1 to 3, 10 of 40": lambda rng: np.concatenate([rng.integers(1, 4, size=100), np.full(10, 40)]),
    "2 classes, 30 and 300": lambda rng: np.array([30, 300]),
}


def one_draw(counts_of: Counts, seed: int) -> Iterator[tuple[str, Interval, float]]:
    """What is measured, the interval, the truth; for one set of classes, some hard and some easy.

    A test sample of these counts scores a head trained on `TRAIN` items of each class; as many items of classes drawn
    at random are bootstrapped. Cross-validation is on a sample with one item more of each class, and its truth is the
    score of the head fitted on all of it.
    """
    rng = np.random.default_rng(seed)
    counts = counts_of(rng)
    classes = len(counts)
    task, means = task_of(classes), rng.normal(size=(classes, DIM)) * rng.uniform(0.6, 1.1, size=(classes, 1))

    def draw(targets: NDArray[np.int64]) -> Rows:
        return Rows(features=means[targets] + rng.normal(size=(len(targets), DIM)), targets=targets)

    fresh = draw(np.arange(TRUTH) % classes)
    head = fitted(draw(np.repeat(np.arange(classes), TRAIN)), classes)
    test = draw(np.repeat(np.arange(classes), counts))
    truths = task.metrics(task.probabilities(head.logits(fresh.features)), fresh.targets)
    yield "test", mean_interval(scored_on(test, head, task), sample_of(test, task)), truths["balanced_accuracy"]
    mixed = draw(rng.integers(classes, size=len(test)))
    found = bootstrap_intervals(
        task.metrics,
        task.probabilities(head.logits(mixed.features)),
        mixed.targets,
        np.arange(len(mixed)),
        measures=task.measures,
        draws=400,
        seed=seed,
    )
    yield from ((f"bootstrap of {name}", found[name], truths[name]) for name in ("accuracy", "log_loss", "brier"))
    train = draw(np.repeat(np.arange(classes), counts + 1))
    folds, _ = repeated_folds(train.targets, np.arange(len(train)), 5, 1, seed)
    crossed = cross_validated_interval(cross_fitted(train, folds, task), folds, sample_of(train, task))
    yield "1 x 5 folds", crossed, float(scored_on(fresh, fitted(train, classes), task).mean())
