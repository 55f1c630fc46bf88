"""Joint adaptation network: features and predictions together that no kernel tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Jan(DeepMethod):
    """Long, Zhu, Wang and Jordan 2017, arXiv 1605.06636: ``weight`` times the squared maximum mean
    discrepancy of features and predicted probabilities together, whose kernel is the product of theirs. Departures: of
    all pairs, without the adversarial layers of the paper's second variant, and Gaussian kernels of many widths for
    both.
    """

    summary: ClassVar[str] = "Make features and predictions together alike in both domains (JAN, Long et al. 2017)."

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

        sides = (batch.source, batch.target)
        features = gaussian(torch.cat([side.features for side in sides]))
        predicted = gaussian(torch.cat([torch.softmax(side.logits, dim=1) for side in sides]))
        return self._weight * discrepancy(features * predicted, len(batch.labels))
