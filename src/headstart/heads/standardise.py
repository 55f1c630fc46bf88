"""Column scaling that disappears into the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead

FLOOR = 0.1
"""Default share of the mean variance that is added to every column's own.

Measured beside 0 on six draws each: balanced accuracy of logistic regression on 400 solar cells (EfficientNet-Lite0
features) .790 against .784, on 100 of them .742 against .726, on 50 digits .830 against .813; on sentence embeddings of
tweets no difference. From .03 to 1 the figures hardly move.
"""


@dataclass(frozen=True, kw_only=True)
class Standardiser:
    """``(features - mean) * scale`` with ``mean (D,)`` and ``scale (D,)``; a constant column has scale 0."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, features: NDArray[np.floating], floor: float = FLOOR) -> Standardiser:
        """Mean zero and variance ``v / (v + floor * mean of all v)`` per column of ``features (N, D)``.

        With ``floor`` 0 every column gets unit (population) variance; a larger one leaves columns that hardly vary
        small, instead of raising what is mostly noise to the size of the rest.
        """
        features = np.asarray(features, dtype=np.float64)
        mean, variance = features.mean(axis=0), features.var(axis=0)
        # Rounding leaves a constant column with a deviation of a few ulps of its value; that is not variation.
        noise = 10.0 * np.finfo(np.float64).eps * np.abs(mean)
        varies = np.sqrt(variance) > noise * np.sqrt(len(features))
        raised = np.where(varies, variance + floor * variance.mean(), 1.0)
        return cls(mean=mean, scale=np.where(varies, 1.0 / np.sqrt(raised), 0.0))

    def apply(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Scaled copy of ``features (N, D)``."""
        return (features - self.mean) * self.scale

    def fold(self, head: LinearHead) -> LinearHead:
        """The head that gives on raw features what ``head`` gives on scaled ones."""
        weight = head.weight * self.scale
        return LinearHead(weight=weight, bias=head.bias - weight @ self.mean)
