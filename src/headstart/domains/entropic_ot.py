"""Optimal transport of items, smoothed by entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.domain import FeatureMethod, Fit, Pair, one_hot
from headstart.core.settings import Meaning


@dataclass(frozen=True, kw_only=True)
class EntropicOT(FeatureMethod):
    """Every source item goes to the mean of the target items that an entropic transport plan sends it to.

    Courty et al. 2017, arXiv 1507.00504, section 4.1 (OT-reg and the barycentric map, equation 13). The cost is the
    squared Euclidean distance as a share of its median. Between equal domains items move together by what the entropy
    blurs, so that it is not the identity there.
    """

    summary: ClassVar[str] = (
        "Move every source item to the target items a transport plan gives it (Courty et al. 2017)."
    )

    regularisation: Annotated[float, Meaning(says="Weight of the entropy, beside a median cost of 1.", low=0.001)] = (
        0.02
    )

    def head(self, pair: Pair, fit: Fit) -> LinearHead:
        """See `FeatureMethod.head`."""
        from headstart.domains._distances import costs
        from headstart.domains._sinkhorn import plan

        shares = plan(costs(pair.source, pair.target), self.regularisation)
        moved = (shares / shares.sum(axis=1, keepdims=True)) @ pair.target
        return fit(moved, one_hot(pair.labels, pair.outputs), groups=pair.groups)
