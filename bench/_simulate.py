"""What the statistical benchmarks share: the real pieces of the pipeline on features, and how results are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.engine.estimates import Sample
from headstart.engine.wilson import wilson
from headstart.heads.ridge import fit_ridge
from headstart.heads.weights import balanced_weights
from headstart.tasks.classification import Classification


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Features ``(N, D)`` with targets ``(N,)``; every item is its own group."""

    features: NDArray[np.float64]
    targets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.targets)

    def at(self, rows: NDArray[np.int64]) -> Rows:
        """Some of them."""
        return Rows(features=self.features[rows], targets=self.targets[rows])


def task_of(outputs: int) -> Classification:
    return Classification(classes=[str(c) for c in range(outputs)])


def fitted(rows: Rows, outputs: int) -> LinearHead:
    weights = balanced_weights(rows.targets, outputs)[rows.targets]
    return fit_ridge(rows.features, rows.targets, outputs, weights).head


def credit_of(logits: NDArray[np.float64], targets: NDArray[np.int64], task: Classification) -> NDArray[np.float64]:
    return task.credit(task.probabilities(logits), targets)


def scored_on(test: Rows, head: LinearHead, task: Classification) -> NDArray[np.float64]:
    """Shares ``(M,)`` of the primary metric."""
    return credit_of(head.logits(test.features), test.targets, task)


def cross_fitted(rows: Rows, folds: NDArray[np.int64], task: Classification) -> NDArray[np.float64]:
    """Out-of-fold shares ``(R, N)``."""
    credit = []
    for row in folds:
        logits = np.empty((len(rows), task.outputs))
        for fold in np.unique(row):
            held = row == fold
            logits[held] = fitted(rows.at(np.flatnonzero(~held)), task.outputs).logits(rows.features[held])
        credit.append(credit_of(logits, rows.targets, task))
    return np.stack(credit)


def sample_of(rows: Rows, task: Classification) -> Sample:
    return Sample.of(task, rows.targets, np.arange(len(rows)))


def bundled_sets() -> dict[str, Rows]:
    """Real tables that come with scikit-learn."""
    from sklearn.datasets import load_breast_cancer, load_digits

    sets = {}
    for name, load in (("digits", load_digits), ("breast cancer", load_breast_cancer)):
        features, targets = load(return_X_y=True)
        sets[name] = Rows(features=_scaled(np.asarray(features)), targets=np.asarray(targets, dtype=np.int64))
    return sets


def sets_from(paths: Sequence[str]) -> dict[str, Rows]:
    """Features cached by headstart or anyone: ``.npz`` or ``.safetensors`` with ``features`` and ``targets``."""
    from safetensors.numpy import load_file

    sets = {}
    for path in map(Path, paths):
        arrays = load_file(path) if path.suffix == ".safetensors" else np.load(path, allow_pickle=False)
        sets[path.stem] = Rows(
            features=np.asarray(arrays["features"], dtype=np.float64), targets=np.asarray(arrays["targets"], np.int64)
        )
    return sets


def synthetic(count: int, shares: Sequence[float], dim: int, signal: float, rng: np.random.Generator) -> Rows:
    """Gaussian classes whose means lie ``signal`` from the origin, on the first axes; ``signal=0``: pure noise."""
    targets = rng.choice(len(shares), size=count, p=shares)
    targets[: 2 * len(shares)] = np.tile(np.arange(len(shares)), 2)
    features = rng.normal(size=(count, dim))
    features[np.arange(count), targets] += signal
    return Rows(features=features, targets=targets)


def share(hits: int, of: int) -> str:
    """A percentage with its 95% interval."""
    low, high = wilson(hits / of, of)
    return f"{100 * hits / of:5.1f} ({100 * low:4.1f}-{100 * high:4.1f})"


def _scaled(table: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = table.std(0)
    return (table - table.mean(0)) / np.where(spread > 0, spread, 1.0)
