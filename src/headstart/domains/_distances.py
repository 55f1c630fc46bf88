"""Distances between the items of both domains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics.pairwise import euclidean_distances


def costs(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared Euclidean distances ``(N, M)`` as shares of their median (1 where that is 0)."""
    squared = euclidean_distances(source, target, squared=True)
    return squared / median(squared)


def median(squared: NDArray[np.float64]) -> float:
    """Median of squared distances; 1 where that is 0."""
    return float(np.median(squared)) or 1.0
