"""Column scaling that disappears into the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.core.features import Features, blocks_of, many

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
    def of(cls, features: NDArray[np.floating] | Features, floor: float = FLOOR) -> Standardiser:
        """Mean zero and variance ``v / (v + floor * mean of all v)`` per column of ``features (N, D)``.

        With ``floor`` 0 every column gets unit (population) variance; a larger one leaves columns that hardly vary
        small, instead of raising what is mostly noise to the size of the rest.
        """
        mean, variance = _moments(features)
        return cls.from_moments(mean, variance, len(features), floor)

    @classmethod
    def from_moments(
        cls, mean: NDArray[np.float64], variance: NDArray[np.float64], items: int, floor: float = FLOOR
    ) -> Standardiser:
        """`of` from the ``mean (D,)`` and population ``variance (D,)`` of ``items``."""
        # Rounding leaves a constant column with a deviation of a few ulps of its value; that is not variation.
        noise = 10.0 * np.finfo(np.float64).eps * np.abs(mean)
        varies = np.sqrt(variance) > noise * np.sqrt(items)
        raised = np.where(varies, variance + floor * variance.mean(), 1.0)
        return cls(mean=mean, scale=np.where(varies, 1.0 / np.sqrt(raised), 0.0))

    def apply(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Scaled copy of ``features (N, D)``."""
        return (features - self.mean) * self.scale

    def fold(self, head: LinearHead) -> LinearHead:
        """The head that gives on raw features what ``head`` gives on scaled ones."""
        weight = head.weight * self.scale
        return LinearHead(weight=weight, bias=head.bias - weight @ self.mean)


def raised_variance(features: NDArray[np.floating] | Features, floor: float = FLOOR) -> NDArray[np.float64]:
    """What `Standardiser` divides columns of ``features (N, D)`` by the root of, ``(D,)``, be they constant or not."""
    variance = _moments(features)[1]
    return variance + floor * variance.mean()


def _moments(features: NDArray[np.floating] | Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and population variance per column; of features in blocks, around the first block's mean."""
    if not many(features):
        features = np.asarray(features, dtype=np.float64)
        return features.mean(axis=0), features.var(axis=0)
    near, (total, squares) = None, np.zeros((2, features.shape[1]))
    for _, block in blocks_of(features):
        near = block.mean(axis=0, dtype=np.float64) if near is None else near
        rows = block - near
        total += rows.sum(axis=0)
        squares += np.einsum("nd,nd->d", rows, rows)
    assert near is not None  # many features have a first block
    mean = total / len(features)
    return near + mean, np.maximum(squares / len(features) - mean**2, 0.0)
