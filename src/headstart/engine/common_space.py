"""The space in which both domains are looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.core.domain import Fit
from headstart.heads.standardise import Standardiser

DIRECTIONS = 512
"""Principal directions of both domains together that are kept: what is beyond hardly varies, and methods take as long
as their cube."""


@dataclass(frozen=True, kw_only=True)
class CommonSpace:
    """Columns scaled by the spread of both domains together, then the ``directions (D, K)`` in which they vary most."""

    scaling: Standardiser
    directions: NDArray[np.float64]

    @classmethod
    def of(cls, source: NDArray[np.floating], target: NDArray[np.floating]) -> CommonSpace:
        """Of ``source (N, D)`` and ``target (M, D)``, which count the same however many they are."""
        sides = [np.asarray(side, dtype=np.float64) for side in (source, target)]
        mean = 0.5 * (sides[0].mean(axis=0) + sides[1].mean(axis=0))
        variance = 0.5 * sum(np.mean((side - mean) ** 2, axis=0) for side in sides)
        scaling = Standardiser.from_moments(mean, np.asarray(variance), len(source) + len(target))
        spread = sum(rows.T @ rows / len(rows) for rows in map(scaling.apply, sides))
        _, vectors = np.linalg.eigh(np.asarray(spread))
        return cls(scaling=scaling, directions=vectors[:, ::-1][:, :DIRECTIONS])

    def apply(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """``(N, K)`` from ``rows (N, D)``."""
        return self.scaling.apply(rows) @ self.directions

    def fitting(self, fit: Fit) -> Fit:
        """``fit`` for rows of this space, which it is given turned back to the columns: it scales what it is given, and
        directions that hardly vary would come out as large as those that do.
        """

        def turned(
            features: NDArray[np.float64],
            shares: NDArray[np.float64],
            *,
            weights: NDArray[np.float64] | None = None,
            groups: NDArray[np.int64] | None = None,
        ) -> LinearHead:
            head = fit(features @ self.directions.T, shares, weights=weights, groups=groups)
            return LinearHead(weight=head.weight @ self.directions, bias=head.bias)

        return turned

    def fold(self, head: LinearHead) -> LinearHead:
        """The head that gives on features as they are what ``head`` gives here."""
        return self.scaling.fold(LinearHead(weight=head.weight @ self.directions.T, bias=head.bias))
