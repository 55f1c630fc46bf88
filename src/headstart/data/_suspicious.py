"""Labels that the data themselves contradict: confident learning.

Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70 (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


_BLOCK = 65_536
"""Rows compared with the thresholds at a time."""


def suspicious(
    probabilities: NDArray[np.floating], targets: NDArray[np.int64], ids: Sequence[str]
) -> NDArray[np.int64]:
    """Row numbers of probably wrong labels, the surest first.

    ``probabilities (N, C)`` must be out of fold: predicted by models that did not train on the row or on a copy of
    it. The threshold of class j is the mean probability of j over the rows labelled j. A row counts for the most
    probable class among those whose threshold it reaches; rows that count for another class than their label lie off
    the diagonal of the confident joint and are returned (the paper's section 3: the confident joint, and pruning by
    its off-diagonal entries). They are ordered by the probability of the label minus that of the other class, ties by
    id.

    Classes without any row have no threshold and are never suggested.
    """
    n, classes = probabilities.shape
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    counts = np.bincount(targets, minlength=classes)
    own = probabilities[np.arange(n), targets].astype(np.float64)
    sums = np.bincount(targets, weights=own, minlength=classes)
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    counted = targets.copy()
    for start in range(0, n, _BLOCK):
        part = slice(start, start + _BLOCK)
        reached = np.where(probabilities[part] >= thresholds, probabilities[part], -np.inf)
        known = np.isfinite(reached.max(axis=1))
        counted[part][known] = reached.argmax(axis=1)[known]
    rows = np.flatnonzero(counted != targets)
    margins = own[rows] - probabilities[rows, counted[rows]]
    order = np.argsort(margins, kind="stable")
    rows, margins = rows[order], margins[order]
    starts = np.append(0, np.flatnonzero(np.diff(margins)) + 1)
    ends = np.append(starts[1:], len(rows))
    for start, end in zip(starts[ends - starts > 1], ends[ends - starts > 1], strict=True):
        rows[start:end] = sorted(rows[start:end].tolist(), key=ids.__getitem__)
    return rows
