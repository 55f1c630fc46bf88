"""Adaptive feature norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Afn(DeepMethod):
    """Xu, Li, Yang and Lin 2019, arXiv 1811.07456, the stepwise variant: the norm of every item's features is drawn
    towards what it is now and ``step`` more, in both domains: features of a target that is not known are small.
    ``weight`` times the mean squared distance from there, over both sides. The paper drops features out before;
    here nothing does.
    """

    summary: ClassVar[str] = "Train features of larger norm in both domains (AFN, Xu et al. 2019)."

    weight: Annotated[float, Meaning(says="Weight of the pull on norms.")] = 0.05
    step: Annotated[float, Meaning(says="By how much norms are to grow in a step.")] = 1.0
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        del head
        return _Growth(self.weight, self.step)


class _Growth(Objective):
    def __init__(self, weight: float, step: float) -> None:
        self._weight = weight
        self._step = step

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        import torch

        norms = [torch.linalg.vector_norm(side.features, dim=1) for side in (batch.source, batch.target)]
        parts = [((norm - (norm.detach() + self._step)) ** 2).mean() for norm in norms]
        return self._weight * (parts[0] + parts[1])
