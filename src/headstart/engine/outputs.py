"""What heads say of many items: as precise as it has to be, and made a part at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.engine.strata import MANY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headstart.core.task import Task


def stacked(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """`np.stack` that copies nothing where there is one part."""
    return parts[0][None] if len(parts) == 1 else np.stack(parts)


def probabilities_of(logits: NDArray[np.floating], task: Task, temperature: float = 1.0) -> NDArray[np.floating]:
    """``(N, C)`` from ``(N, C)`` divided by ``temperature``; of many items in float32, and without float64 copies of
    all of them.
    """
    if len(logits) < MANY:
        return task.probabilities(np.asarray(logits, dtype=np.float64) / temperature)
    probabilities = np.empty(logits.shape, dtype=np.float32)
    for start in range(0, len(logits), MANY):
        part = slice(start, start + MANY)
        probabilities[part] = task.probabilities(np.asarray(logits[part], dtype=np.float64) / temperature)
    return probabilities
