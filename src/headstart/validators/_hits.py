"""Which predictions are right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def balanced(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Balanced accuracy of ``logits (N, C)``: the mean over classes of the share that is named right."""
    hits = logits.argmax(axis=1) == labels
    return float(np.mean([hits[labels == each].mean() for each in np.unique(labels)]))
