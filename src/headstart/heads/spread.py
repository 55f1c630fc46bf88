"""How far features lie apart, in one number."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def spread(features: NDArray[np.floating]) -> float:
    """The root of the mean variance of the columns of ``features (N, D)``; 1 where they do not vary.

    One number for all columns: it leaves directions and the order of distances as they are.
    """
    found = math.sqrt(float(np.mean(np.var(features, axis=0, dtype=np.float64)))) if len(features) else 0.0
    return found or 1.0
