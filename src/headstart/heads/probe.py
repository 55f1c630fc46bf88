"""The linear probe in closed form: ridge regression, its penalty and its calibration from held-out predictions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.core.features import Features
from headstart.heads.calibration import calibrate_regression
from headstart.heads.nested import left_out_by, nested
from headstart.heads.ridge import RidgePath, ridge_path
from headstart.heads.standardise import Standardiser, raised_variance

PENALTIES = np.logspace(-3, 4, 15)
"""In multiples of the mean eigenvalue of the standardised rows: two per decade, up to where features without any signal
are not believed."""
ALIKE = 0.05
"""Root mean square of the log ratios of column scales up to which all folds may share one scaling. Image and text
features: .02 and .01 with 1,000 items, .03 and .02 with 400. Above it sharing shows in the score: 60 items with columns
from Student's t (2 degrees of freedom) .18 and 1.6 points of balanced accuracy too many, 60 items of four sites with
offsets of their own .15 to .40 and 2.8 points."""
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
    inner = _inner(groups)
    best, logits = path.best(inner)
    level = level_logits(logits, path.signs, np.arange(len(targets)) if inner is None else inner)
    calibration = calibrate_regression(level, targets, np.asarray(class_weights))
    return standardiser.fold(calibration.fold(path.head(best)))


def cross_fit_probe(
    features: NDArray[np.floating],
    targets: NDArray[np.int64],
    outputs: int,
    folds: NDArray[np.integer],
    weigh: Callable[[NDArray[np.int64]], Sequence[float]],
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Logits ``(R, N, outputs)`` of every item from the probe of the other folds, for ``folds (R, N)``.

    Penalty and calibration are chosen for every fold from its own training items (`headstart.heads.nested`). Shared by
    all folds are the scaling of the columns and of the penalties, for which no label is looked at, the inner folds, and
    where the search for the penalty starts. To be called where scalings hardly differ (`shares_scaling`). ``weigh``
    gives the class weights of some targets.

    Raises:
        ValueError: a repeat has all items in one fold, or a fold leaves fewer than two.
    """
    logits = np.empty((*folds.shape, outputs))
    found = _path(features, targets, outputs)
    _handed_on.clear()
    _handed_on[_key(features, targets, outputs)] = found
    path, inner = found[1], _inner(groups)
    numbers = np.arange(len(targets)) if inner is None else inner
    parts_of = nested(path, folds, numbers, start=path.best(inner)[0])
    for repeat, parts in enumerate(parts_of):
        for part in parts:
            seen = targets[part.rest]
            level = level_logits(part.logits, path.signs[part.rest], left_out_by(numbers[part.rest]))
            calibration = calibrate_regression(level, seen, np.asarray(weigh(seen)))
            logits[repeat, part.held] = calibration.apply(part.predicted)
    return logits


def cross_fit_shared(
    features: NDArray[np.floating] | Features,
    targets: NDArray[np.int64],
    outputs: int,
    folds: NDArray[np.integer],
    weigh: Callable[[NDArray[np.int64]], Sequence[float]],
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.float64] | None:
    """`cross_fit_probe` where it is the shorter way to what a fit per fold gives, and may be taken; else None."""
    if len(targets) > LARGEST:
        return None
    features = np.asarray(features)
    if not shares_scaling(features, folds):
        return None
    return cross_fit_probe(features, targets, outputs, folds, weigh, groups)


def shares_scaling(features: NDArray[np.floating], folds: NDArray[np.integer]) -> bool:
    """Whether columns of ``features (N, D)`` vary about as much without any fold of ``folds (R, N)`` as they do in all.

    Where they do not, items held out would have a say in the scaling that they are scored with. The first repeat
    stands for all.
    """
    whole = raised_variance(features)
    for name in np.unique(folds[0]):
        part = raised_variance(features[folds[0] != name])
        if np.any((part > 0) != (whole > 0)):
            return False
        ratio = 0.5 * np.log(part[part > 0] / whole[part > 0])
        if len(ratio) and np.sqrt(np.mean(ratio**2)) > ALIKE:
            return False
    return True


def level_logits(
    logits: NDArray[np.float64],
    signs: NDArray[np.float64],
    folds: NDArray[np.integer],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Left-out ``logits (N, C)`` as they would be with the intercept of all items, which count by ``weights (N,)``.

    Refitted without a fold of ``folds (N,)``, the intercept leans away from the classes of that fold's items. Where
    features say little, this is most of what left-out logits say, and a calibration would learn it: with the wrong
    sign for items that were not left out.
    """
    counted = np.ones(len(signs)) if weights is None else weights
    codes = np.unique(folds, return_inverse=True)[1]
    masses = np.bincount(codes, counted)[:, None]
    sums = np.stack([np.bincount(codes, column) for column in (counted[:, None] * signs).T], axis=1)
    mean = counted @ signs / counted.sum()
    return logits + ((sums - masses * mean) / (counted.sum() - masses))[codes]


Decomposed = tuple[Standardiser, RidgePath]
_handed_on: dict[bytes, Decomposed] = {}
"""What the last cross-fit decomposed, by content: most often all of it is fitted next. Let go when that is done."""


def _key(features: NDArray[np.floating], targets: NDArray[np.int64], outputs: int) -> bytes:
    digest = hashlib.sha256(f"{features.shape} {features.dtype} {outputs}".encode())
    for array in (features, targets):
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def _path(features: NDArray[np.floating], targets: NDArray[np.int64], outputs: int) -> Decomposed:
    if _handed_on:
        known = _handed_on.pop(_key(features, targets, outputs), None)
        if known is not None:
            return known
    standardiser = Standardiser.of(features)
    rows = standardiser.apply(features)
    scale = float(np.sum(rows**2)) / max(1, min(len(rows) - 1, rows.shape[1]))
    return standardiser, ridge_path(rows, targets, outputs, lambdas=PENALTIES * (scale if scale > 0.0 else 1.0))


def _inner(groups: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    """What is left out together when the penalty is chosen, ``(N,)``; None where every item is left out by itself."""
    return None if groups is None or len(np.unique(groups)) in (1, len(groups)) else groups
