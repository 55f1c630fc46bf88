"""Entropic optimal transport."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEPS, CLOSE = 1000, 1e-6
"""Most iterations, and the total error of a marginal at which they end."""
CHECKED = 10
"""Iterations between two looks at that error."""
LARGE = 1e50
"""Scalings beyond which they are taken into the potentials."""


def plan(cost: NDArray[np.float64], regularisation: float) -> NDArray[np.float64]:
    """The ``(N, M)`` plan between equal weights ``1 / N`` and ``1 / M`` that minimises
    ``<G, cost> + regularisation * sum G log G``; rows add up to ``1 / N``, columns to ``1 / M``.

    Cuturi 2013, arXiv 1306.0895, algorithm 1, with scalings absorbed into dual potentials before they overflow
    (Schmitzer 2019, arXiv 1610.06519, section 3.1): as exact as in the log domain, at the price of two products of a
    matrix with a vector each time.
    """
    rows, columns = cost.shape
    left, right = np.full(rows, 1.0 / rows), np.full(columns, 1.0 / columns)
    over, under = cost.min(axis=1), np.zeros(columns)
    kernel = _kernel(cost, over, under, regularisation)
    u, v = np.ones(rows), np.ones(columns)
    for step in range(STEPS):
        v = right / np.maximum(u @ kernel, np.finfo(float).tiny)
        u = left / np.maximum(kernel @ v, np.finfo(float).tiny)
        if max(u.max(), v.max()) > LARGE or min(u.min(), v.min()) < 1.0 / LARGE:
            over, under = over + regularisation * np.log(u), under + regularisation * np.log(v)
            kernel = _kernel(cost, over, under, regularisation)
            u, v = np.ones(rows), np.ones(columns)
        if step % CHECKED == CHECKED - 1 and np.abs(v * (u @ kernel) - right).sum() < CLOSE:
            break
    return u[:, None] * kernel * v


def _kernel(
    cost: NDArray[np.float64], over: NDArray[np.float64], under: NDArray[np.float64], regularisation: float
) -> NDArray[np.float64]:
    return np.exp((over[:, None] + under - cost) / regularisation)
