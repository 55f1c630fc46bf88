"""Distances between the items of both domains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics.pairwise import euclidean_distances

LOOKED_AT = 1_000_000
"""Distances that a median is taken of at most, evenly spaced among all: of millions it takes as long as they did."""


def costs(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float32]:
    """Squared Euclidean distances ``(N, M)`` as shares of their median (1 where that is 0), taken in float64."""
    squared = euclidean_distances(source, target, squared=True)
    squared /= median(squared)
    return squared.astype(np.float32)


def median(squared: NDArray[np.float64]) -> float:
    """Median of squared distances; 1 where that is 0."""
    step = max(1, squared.size // LOOKED_AT)
    return float(np.median(squared.ravel()[::step])) or 1.0
