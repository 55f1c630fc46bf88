"""Weights that make every class count the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def balanced_weights(targets: NDArray[np.int64], outputs: int) -> NDArray[np.float64]:
    """Class weights ``(outputs,)`` with ``w_c = N / (C n_c)``, C counting the classes present in ``targets (N,)``.

    Summed over the items they give N, so that a weighted mean stays on the scale of a plain one. A class without
    items weighs 1.
    """
    counts = np.bincount(targets, minlength=outputs).astype(np.float64)
    present = counts > 0
    weights = np.ones(outputs)
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights


def checked_weights(weights: NDArray[np.floating] | None, items: int) -> NDArray[np.float64]:
    """Item weights ``(items,)`` in float64; None means one each.

    Raises:
        ValueError: wrong shape, or a weight that is not positive and finite.
    """
    if weights is None:
        return np.ones(items)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (items,) or not np.all(np.isfinite(weights) & (weights > 0)):
        raise ValueError(f"Item weights must be positive and finite with shape ({items},), got shape {weights.shape}.")
    return weights
