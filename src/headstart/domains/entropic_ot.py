"""Optimal transport of items, smoothed by entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.domain import Crossing, FeatureMethod, Fit, Pair, one_hot
from headstart.core.settings import Meaning

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class EntropicOT(FeatureMethod):
    """Every source item goes to the mean of the target items that an entropic transport plan sends it to.

    Courty et al. 2017, arXiv 1507.00504, section 4.1 (OT-reg and the barycentric map, equation 13). The cost is the
    squared Euclidean distance as a share of its median. Between equal domains items move together by what the entropy
    blurs, so that it is not the identity there. Items that had no part in the plan move like the nearest that had
    (Ferradans et al. 2014, arXiv 1307.5551).
    """

    summary: ClassVar[str] = (
        "Move every source item to the target items a transport plan gives it (Courty et al. 2017)."
    )

    regularisation: Annotated[float, Meaning(says="Weight of the entropy, beside a median cost of 1.", low=0.001)] = (
        0.02
    )

    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        """See `FeatureMethod.cross`."""
        from headstart.domains._distances import costs
        from headstart.domains._sinkhorn import plan

        shares, _ = plan(costs(pair.source, pair.target), self.regularisation)
        moved = (shares / shares.sum(axis=1, keepdims=True)) @ pair.target

        def arrive(rows: NDArray[np.float64]) -> NDArray[np.float64]:
            nearest = costs(rows, pair.source).argmin(axis=1)
            return rows + (moved - pair.source)[nearest]

        return Crossing(head=fit(moved, one_hot(pair.labels, pair.outputs), groups=pair.groups), arrive=arrive)
