"""Score intervals: of a proportion, and of a weighted mean of proportions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headstart.engine.estimates import Z
from headstart.engine.strata import Strata

if TYPE_CHECKING:
    from numpy.typing import NDArray


def wilson(share: float, count: float, z: float = Z) -> tuple[float, float]:
    """Score interval of Wilson (1927) for a proportion ``share`` seen in ``count`` items (need not be whole)."""
    share = min(max(share, 0.0), 1.0)  # rounding may leave a mean of shares, and either end, just beyond its bound
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    low, high = np.clip((centre - half, centre + half), 0.0, 1.0)
    return float(low), float(high)


def stratified_wilson(strata: Strata, z: float = Z) -> tuple[float, float]:
    """Score interval for a weighted mean of independent proportions.

    Each stratum's Wilson bound is taken at a smaller ``z_s``, found so that the bounds together miss as often as one
    bound at ``z``: ``z_s sum_c w_c sigma_c = z (sum_c w_c^2 sigma_c^2)^(1/2)``. That is the idea of Yan and Su
    (Statistics in Biopharmaceutical Research 2, 2010); departing from them the weights are given and sigma_c is taken
    at the bound itself, as in Wilson's own interval, which this is for one stratum or equal strata.
    """
    return _one_sided(strata, z, upper=False), _one_sided(strata, z, upper=True)


def _one_sided(strata: Strata, z: float, *, upper: bool) -> float:
    def bounds(scale: float) -> NDArray[np.float64]:
        return np.array([wilson(p, n, scale)[upper] for p, n in zip(strata.share, strata.count, strict=True)])

    scale = z
    for _ in range(50):
        at = bounds(scale)
        spread = strata.weight * np.sqrt(at * (1 - at) / strata.count)
        if spread.sum() <= 0:
            break
        previous, scale = scale, z * float(np.sqrt((spread**2).sum()) / spread.sum())
        if abs(scale - previous) < 1e-9:
            break
    return float(strata.weight @ bounds(scale))
