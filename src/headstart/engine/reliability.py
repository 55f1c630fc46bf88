"""Whether confidence can be believed: accuracy against confidence in a few bins of equal mass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headstart.core.errors import UserError
from headstart.core.results import ReliabilityBin
from headstart.engine.estimates import Sample
from headstart.engine.intervals import mean_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BINS = 5
"""Calibration error is biased upwards when bins are many and items few."""

FEWEST_ITEMS = 10
"""Per bin, where there are that many items."""


def reliability_bins(
    probabilities: NDArray[np.floating], targets: NDArray[np.int64], groups: NDArray[np.int64], bins: int = MOST_BINS
) -> tuple[ReliabilityBin, ...]:
    """Bins of top-class confidence, from least to most confident, with Wilson intervals for their accuracy.

    ``probabilities (N, C)``, ``targets (N,)``; tied items (equal ``groups (N,)``) widen the intervals. Bins hold
    equally many items, at least ten where possible; items of equal confidence share a bin, so there may be fewer.

    Raises:
        UserError: there is no item, or fewer than 1 or more than 5 bins were asked for.
    """
    if not len(targets):
        raise UserError("Reliability needs scored items, and there are none.")
    if not 1 <= bins <= MOST_BINS:
        raise UserError(f"Reliability is shown in 1 to {MOST_BINS} bins, {bins} asked for.")
    confidence = probabilities.max(1)
    correct = (probabilities.argmax(1) == targets).astype(np.float64)
    wanted = max(1, min(bins, len(targets) // FEWEST_ITEMS))
    edges = np.quantile(confidence, np.arange(1, wanted) / wanted)
    number = np.searchsorted(np.unique(edges), confidence, side="left")
    return tuple(_bin(confidence[number == b], correct[number == b], groups[number == b]) for b in np.unique(number))


def _bin(confidence: NDArray[np.floating], correct: NDArray[np.float64], groups: NDArray[np.int64]) -> ReliabilityBin:
    count = len(confidence)
    items = Sample(targets=np.zeros(count, dtype=np.int64), groups=groups, ceiling=np.ones(count))
    accuracy = mean_interval(correct, items)
    return ReliabilityBin(
        confidence=float(confidence.mean()), accuracy=accuracy.value, low=accuracy.low, high=accuracy.high, n=count
    )
