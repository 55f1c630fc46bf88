"""Items that are like nothing on the other side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from headstart.heads.standardise import Standardiser

NEIGHBOURS = 5
USUAL = 0.95
"""Quantile of the first side's own distances beyond which an item is outside."""


def outside(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Whether each of ``second (M, D)`` is further from its `NEIGHBOURS` nearest of ``first (N, D)`` than 95% of those
    are from theirs; ``(M,)``. Columns are scaled by the spread of both together.

    Copies count as near: rows are to be independent, two of the first at least.
    """
    scaling = Standardiser.of(np.concatenate([first, second]))
    search = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(first) - 1)).fit(scaling.apply(first))
    own, away = (search.kneighbors(rows)[0].mean(axis=1) for rows in (None, scaling.apply(second)))
    return away > np.quantile(own, USUAL)
