"""The linear probe in closed form: ridge regression, its penalty and its calibration from held-out predictions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.heads.calibration import fit_calibration
from headstart.heads.folds import grouped_folds
from headstart.heads.nested import nested
from headstart.heads.ridge import RidgePath, ridge_path
from headstart.heads.standardise import Standardiser

PENALTIES = np.logspace(-3, 4, 15)
"""In multiples of the mean eigenvalue of the standardised rows: two per decade, up to where features without any signal
are not believed."""
INNER_FOLDS = 10
"""Folds that choose the penalty where items are tied; untied items are left out one by one."""
LARGEST = 3000
"""Items up to which `cross_fit_probe` is worth its square matrix of all items; beyond it a fit per fold costs less."""


def fit_probe(
    features: NDArray[np.floating],
    targets: NDArray[np.int64],
    outputs: int,
    class_weights: Sequence[float],
    groups: NDArray[np.int64] | None = None,
) -> LinearHead:
    """Head for ``features (N, D)`` and ``targets (N,)``, in which classes count by ``class_weights (outputs,)``.

    Columns are standardised, the penalty has the least squared error on left-out items (with ``groups (N,)``, on
    left-out groups), and the predictions of these are what the calibration is fitted to.

    Raises:
        ValueError: see `ridge_path`.
    """
    standardiser, path = _path(features, targets, outputs)
    best, logits = _best(path, _inner(targets, groups))
    calibration = fit_calibration(logits, targets, np.asarray(class_weights))
    return standardiser.fold(calibration.fold(path.head(best)))


def cross_fit_probe(
    features: NDArray[np.floating],
    targets: NDArray[np.int64],
    outputs: int,
    folds: NDArray[np.int64],
    weigh: Callable[[NDArray[np.int64]], Sequence[float]],
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Logits ``(R, N, outputs)`` of every item from the probe of the other folds, for ``folds (R, N)``.

    Penalty and calibration are chosen for every fold from its own training items (`headstart.heads.nested`). The
    scaling of the columns alone is that of all items, for which no label is looked at: beside fits that learn it in
    every fold anew, the balanced accuracy differs by less than its rounding (see the tests). ``weigh`` gives the class
    weights of some targets.

    Raises:
        ValueError: a repeat has all items in one fold.
    """
    logits = np.empty((*folds.shape, outputs))
    path = _path(features, targets, outputs)[1]
    inner = _inner(targets, groups)
    numbers = np.arange(len(targets)) if inner is None else inner
    parts_of = nested(path, folds, numbers, start=_best(path, inner)[0], threads=_cores())
    for repeat, parts in enumerate(parts_of):
        for part in parts:
            seen = targets[part.rest]
            calibration = fit_calibration(part.logits, seen, np.asarray(weigh(seen)))
            logits[repeat, part.held] = calibration.apply(part.predicted)
    return logits


def _path(features: NDArray[np.floating], targets: NDArray[np.int64], outputs: int) -> tuple[Standardiser, RidgePath]:
    standardiser = Standardiser.of(features)
    rows = standardiser.apply(features)
    scale = float(np.sum(rows**2)) / max(1, min(len(rows) - 1, rows.shape[1]))
    return standardiser, ridge_path(rows, targets, outputs, lambdas=PENALTIES * (scale if scale > 0.0 else 1.0))


def _best(path: RidgePath, inner: NDArray[np.int64] | None) -> tuple[int, NDArray[np.float64]]:
    """Number of the penalty with the least squared error on left-out items or folds, and their logits ``(N, C)``."""
    left_out = [path.loo(i) if inner is None else path.out_of_fold(i, inner) for i in range(len(path.lambdas))]
    best = int(np.argmin([np.sum((logits - path.signs) ** 2) for logits in left_out]))
    return best, left_out[best]


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _inner(targets: NDArray[np.int64], groups: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    """Inner fold numbers ``(N,)``; None where every item can be left out by itself."""
    if groups is None or len(np.unique(groups)) in (1, len(groups)):
        return None
    return grouped_folds(targets, groups, INNER_FOLDS, 0)
