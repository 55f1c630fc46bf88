"""Correlation alignment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from headstart.core.domain import Crossing, FeatureMethod, Fit, Pair, one_hot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Coral(FeatureMethod):
    """Source features take on mean and covariance of the target's: whitened by their own covariance, coloured by its.

    Sun, Feng and Saenko 2016, arXiv 1511.05547, algorithm 1. Departures: covariances are shrunk as far as few items ask
    for (`Moments`), where the paper adds the identity; and the mean is the target's, which the paper leaves to a
    normalisation beforehand. With hundreds of items its moments are mostly noise: ``auto`` does not consider it.
    """

    summary: ClassVar[str] = "Give source features the target's mean and covariance (CORAL, Sun et al. 2016)."
    candidate: ClassVar[bool] = False

    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        """See `FeatureMethod.cross`."""
        from headstart.domains._moments import Moments, power

        source, target = Moments.of(pair.source), Moments.of(pair.target)
        between = power(source.covariance, -0.5) @ power(target.covariance, 0.5)

        def arrive(rows: NDArray[np.float64]) -> NDArray[np.float64]:
            return (rows - source.mean) @ between + target.mean

        head = fit(arrive(pair.source), one_hot(pair.labels, pair.outputs), groups=pair.groups)
        return Crossing(head=head, arrive=arrive)
