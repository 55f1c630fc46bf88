"""Deep adaptation network: means that no kernel tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Dan(DeepMethod):
    """Long, Cao, Wang and Jordan 2015, arXiv 1502.02791: ``weight`` times the squared maximum mean discrepancy of the
    features under Gaussian kernels of many widths. Departures: one layer, the last; the kernels count the same, the
    paper learns their weights; all pairs of the batch, not a sum over every fourth.
    """

    summary: ClassVar[str] = "Train until no kernel tells the means of both domains apart (DAN, Long et al. 2015)."

    weight: Annotated[float, Meaning(says="Weight of the discrepancy.")] = 1.0
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        del head
        return _Discrepancy(self.weight)


class _Discrepancy(Objective):
    def __init__(self, weight: float) -> None:
        self._weight = weight

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        import torch

        from headstart.domains._kernels import discrepancy, gaussian

        rows = torch.cat([batch.source.features, batch.target.features])
        return self._weight * discrepancy(gaussian(rows), len(batch.labels))
