"""Images without deep learning: colour and gradient histograms, and a linear head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from headstart.baselines import _descriptor
from headstart.baselines._logistic import LogisticBaseline
from headstart.core.dataset import Modality


class Histograms(LogisticBaseline):
    """Logistic regression on `_descriptor.describe`.

    Weighting the items instead of adding the log of the weights to the logits costs half a point of balanced accuracy
    with 400 solar cells and nothing with 100.

    Every part of the descriptor is scaled to a total variance of one, so that long parts do not drown short ones. With
    400 solar cells (five draws) the balanced accuracy is .75, as much as a frozen EfficientNet-Lite0 at 224 px reaches
    with its last layer; photographs of things are another matter.
    """

    modality: ClassVar[Modality] = "image"
    summary: ClassVar[str] = "Colour and gradient histograms with logistic regression."
    name: ClassVar[str] = "histograms"
    parts: ClassVar[Mapping[str, int]] = _descriptor.BLOCKS

    def __init__(self) -> None:
        super().__init__()
        self.least_side = _descriptor.LEAST_SIDE

    def describe(self, items: Sequence[Any]) -> NDArray[np.float32]:
        """See `Baseline.describe`: ``(N, LENGTH)``."""
        return _descriptor.describe(items)

    def scale(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `LogisticBaseline.scale`: one over the root of the summed variance of the column's block."""
        totals, start = [], 0
        for length in self.parts.values():
            variance = float(features[:, start : start + length].var(axis=0).sum())
            totals.append(np.full(length, variance**-0.5 if variance > 0.0 else 0.0))
            start += length
        return np.concatenate(totals)

    def _facts(self) -> dict[str, Any]:
        return {"least_side": self.least_side}

    def _recall(self, record: Mapping[str, Any]) -> None:
        self.least_side = record.get("least_side")
