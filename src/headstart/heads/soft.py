"""The probe for items that belong to classes by shares, or count differently."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.heads.calibration import calibrate_regression
from headstart.heads.probe import PENALTIES, level_logits
from headstart.heads.ridge import ridge_path_to, ties
from headstart.heads.standardise import Standardiser


def fit_soft(
    features: NDArray[np.floating],
    shares: NDArray[np.float64],
    *,
    weights: NDArray[np.float64] | None = None,
    groups: NDArray[np.int64] | None = None,
) -> LinearHead:
    """Head for ``features (N, D)`` whose items belong to the classes by ``shares (N, C)``, which add up to 1.

    As `headstart.heads.probe.fit_probe`, to which it is equal where shares are 0 and 1, all ``weights (N,)`` are one
    and classes count the same: ridge regression to ``2 shares - 1``, the penalty with the least squared error on
    left-out items (with ``groups (N,)``, left-out groups), calibrated with every item in the class of its largest share
    and all classes equally frequent. Items count by their weights in all three, which are brought to mean 1.

    Raises:
        ValueError: a weight that is not positive, or fewer than two items.
    """
    if len(features) < 2:
        raise ValueError(f"Ridge needs at least 2 items, got {len(features)}.")
    counted = np.ones(len(features)) if weights is None else weights / weights.mean()
    standardiser = Standardiser.of(features)
    rows = standardiser.apply(features)
    scale = float(np.sum(rows**2)) / max(1, min(len(rows) - 1, rows.shape[1]))
    lambdas = PENALTIES * (scale if scale > 0.0 else 1.0)
    path = ridge_path_to(rows, 2.0 * shares - 1.0, counted, lambdas)
    numbers = np.arange(len(rows))
    if groups is not None and 1 < len(np.unique(groups)) < len(groups):
        numbers = groups
    tied = ties(numbers)
    left_out = [path.without(index, tied) for index in range(len(lambdas))]
    errors = [float(counted @ np.sum((logits - path.signs) ** 2, axis=1)) for logits in left_out]
    best = int(np.argmin(errors))
    level = level_logits(left_out[best], path.signs, numbers, counted)
    classes, masses = shares.argmax(axis=1), counted @ shares
    present = masses > 0
    balance = np.ones(shares.shape[1])
    balance[present] = masses.sum() / (present.sum() * masses[present])
    calibration = calibrate_regression(level, classes, balance, counted)
    return standardiser.fold(calibration.fold(path.head(best)))
