"""The maximum mean discrepancy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics.pairwise import euclidean_distances

WIDTHS = (0.5, 1.0, 2.0)
"""Of the Gaussian kernels that are added up, in multiples of the median distance."""


def discrepancies(rows: NDArray[np.float64], sides: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Unbiased estimates ``(P,)`` of the squared discrepancy (Gretton et al. 2012, JMLR 13, equation 3) between
    ``rows (N, D)`` on the first and on the second of all ``sides (N, P)``.
    """
    distances = euclidean_distances(rows, squared=True)
    above = distances[np.triu_indices(len(rows), 1)]
    median = float(np.median(above)) or 1.0
    kernel = np.zeros_like(distances)
    for width in WIDTHS:
        kernel += np.exp(distances / (-2.0 * width**2 * median))
    kernel /= len(WIDTHS)
    np.fill_diagonal(kernel, 0.0)
    first, second = sides.astype(np.float64), (~sides).astype(np.float64)
    n, m = first.sum(axis=0), second.sum(axis=0)
    towards = kernel @ first
    within, across = np.sum(first * towards, axis=0), np.sum(second * towards, axis=0)
    beyond = float(kernel.sum()) - within - 2 * across
    return within / (n * (n - 1)) + beyond / (m * (m - 1)) - 2 * across / (n * m)
