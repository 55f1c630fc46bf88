"""Items that are like nothing on the other side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from headstart.heads.standardise import Standardiser

NEIGHBOURS = 5
USUAL = 0.95
"""Quantile of the first side's own distances beyond which an item is outside."""
MOST = 2000
"""Items of the first side that are looked at, drawn at random."""


def outside(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    first_groups: NDArray[np.int64] | None = None,
    seed: int = 0,
) -> NDArray[np.bool_]:
    """Whether each of ``second (M, D)`` is further from its `NEIGHBOURS` nearest of ``first (N, D)`` than 95% of those
    are from theirs, items of their own group apart; ``(M,)``. Columns are scaled by the spread of both together.
    """
    rows = np.sort(np.random.default_rng(seed).permutation(len(first))[:MOST])
    scaling = Standardiser.of(np.concatenate([np.asarray(first)[rows], np.asarray(second)]))
    known, shown = scaling.apply(np.asarray(first)[rows]), scaling.apply(np.asarray(second))
    groups = rows if first_groups is None else np.asarray(first_groups)[rows]
    largest = int(np.unique(groups, return_counts=True)[1].max())
    count = min(NEIGHBOURS, len(known) - largest)
    if count < 1:
        return np.zeros(len(shown), dtype=bool)
    search = NearestNeighbors(n_neighbors=min(len(known), count + largest)).fit(known)
    distances, neighbours = search.kneighbors(known)
    distances = np.where(groups[neighbours] == groups[:, None], np.inf, distances)
    own = np.sort(distances, axis=1)[:, :count].mean(axis=1)
    away = search.kneighbors(shown, n_neighbors=count)[0].mean(axis=1)
    return away > np.quantile(own, USUAL)
