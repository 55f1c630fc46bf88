"""Optimal transport between Gaussians."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from headstart.core.domain import Crossing, FeatureMethod, Fit, Pair, one_hot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class LinearOT(FeatureMethod):
    """Source features go to the target's by the optimal transport of one Gaussian to the other:

    ``T(x) = m_t + A (x - m_s)``, ``A = C_s^(-1/2) (C_s^(1/2) C_t C_s^(1/2))^(1/2) C_s^(-1/2)``.

    Peyré and Cuturi 2019, arXiv 1803.00567, remark 2.31; Flamary et al. 2019, arXiv 1905.10155, for adaptation. Of all
    maps that give the source these moments it moves items the least. Covariances are shrunk as far as few items ask
    for (`Moments`). It gained less than those that ``auto`` considers (`bench across`).
    """

    summary: ClassVar[str] = "Move source features to the target's Gaussian by optimal transport (Flamary et al. 2019)."
    candidate: ClassVar[bool] = False

    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        """See `FeatureMethod.cross`."""
        arrive = transport(pair.source, pair.target)
        head = fit(arrive(pair.source), one_hot(pair.labels, pair.outputs), groups=pair.groups)
        return Crossing(head=head, arrive=arrive)


def transport(
    source: NDArray[np.float64], target: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The map that gives ``source (N, D)`` the moments of ``target (M, D)``."""
    from headstart.domains._moments import Moments, power

    first, second = Moments.of(source), Moments.of(target)
    root, inverse = power(first.covariance, 0.5), power(first.covariance, -0.5)
    between = inverse @ power(root @ second.covariance @ root, 0.5) @ inverse
    return lambda rows: second.mean + (rows - first.mean) @ between
