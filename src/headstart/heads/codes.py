"""Integers as codes: from 0 in their order, none left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def numbered(values: NDArray[np.integer]) -> NDArray[np.integer]:
    """Codes ``(N,)`` of ``values (N,)``: equal for equal ones, in their order. Values that are codes already are given
    as they are, so that what comes out is not to be changed. Only numbers far apart are sorted.
    """
    if not len(values):
        return values
    if np.all(values[1:] > values[:-1]):
        codes = values[0] == 0 and values[-1] == len(values) - 1
        return values if codes else np.arange(len(values))
    lowest, highest = int(values.min()), int(values.max())
    if lowest < 0 or highest > 2 * len(values):
        return np.unique(values, return_inverse=True)[1]
    present = np.zeros(highest + 1, dtype=bool)
    present[values] = True
    return values if present.all() else (np.cumsum(present) - 1)[values]


def untied(codes: NDArray[np.integer]) -> bool:
    """Whether each of ``codes (N,)``, which are `numbered`, is there once."""
    return int(codes.max(initial=-1)) + 1 == len(codes)
