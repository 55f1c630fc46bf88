"""Distances between all rows of two arrays, which kernels are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def squared_distances(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(N, M)`` between ``rows (N, D)`` and ``columns (M, D)``."""
    distances = rows @ columns.T
    distances *= -2.0
    distances += np.einsum("nd,nd->n", rows, rows)[:, None]
    distances += np.einsum("md,md->m", columns, columns)
    return np.maximum(distances, 0.0, out=distances)
