"""Some of the rows that stand for all, where all would take too long or too much memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.heads.codes import numbered


def stratified_rows(targets: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    """Row numbers in rising order: all, or of each class of ``targets (N,)`` its share of ``most``, drawn at random.

    A class keeps two items where its share would be less, so that there may be a few more than ``most`` in all.
    """
    if len(targets) <= most:
        return np.arange(len(targets))
    rng = np.random.default_rng(seed)
    order = np.argsort(targets, kind="stable")
    counts = np.bincount(numbered(targets))
    kept = np.maximum(np.minimum(counts, 2), counts * most // len(targets))
    ends = np.cumsum(counts)
    drawn = [
        start + rng.choice(count, size=keep, replace=False, shuffle=False)
        for start, count, keep in zip(ends - counts, counts, kept, strict=True)
    ]
    return np.sort(order[np.concatenate(drawn)])
