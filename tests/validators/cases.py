"""Predictions that validators judge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.core.validator import Judged


def judged(
    *,
    logits: NDArray[np.float64] | None = None,
    held: NDArray[np.float64] | None = None,
    back: NDArray[np.float64] | None = None,
    labels: list[int] | None = None,
    weights: list[float] | None = None,
    target: NDArray[np.float64] | None = None,
) -> Judged:
    """Two classes, four source items and six of the target, but for what is given."""
    known = np.array(labels or [0, 0, 1, 1])
    fine = sure(known)
    return Judged(
        source=np.zeros((len(known), 2)),
        labels=known,
        target=np.zeros((6, 2)) if target is None else target,
        logits=sure(np.array([0, 0, 0, 1, 1, 1])) if logits is None else logits,
        held=fine if held is None else held,
        back=fine if back is None else back,
        weights=np.ones(len(known)) if weights is None else np.array(weights),
    )


def sure(classes: NDArray[np.int64], outputs: int = 2, by: float = 50.0) -> NDArray[np.float64]:
    """Logits that leave no doubt."""
    return by * np.eye(outputs)[classes]
