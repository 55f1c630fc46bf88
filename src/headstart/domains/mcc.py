"""Minimum class confusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Mcc(DeepMethod):
    """Jin, Wang, Long and Wang 2020, arXiv 1912.03699: predictions for the target, softened by a
    ``temperature``, are correlated class by class; items count by ``1 + exp(-H)``, and what classes share with others,
    over what each has in all, is added with ``weight``. Nothing is asked of features.
    """

    summary: ClassVar[str] = "Train until target predictions confuse no classes (MCC, Jin et al. 2020)."

    weight: Annotated[float, Meaning(says="Weight of the confusion.")] = 1.0
    temperature: Annotated[float, Meaning(says="Softens predictions, the more the larger.", low=0.1, high=100)] = 2.5
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        del head
        return _Confusion(self.weight, self.temperature)


class _Confusion(Objective):
    def __init__(self, weight: float, temperature: float) -> None:
        self._weight = weight
        self._temperature = temperature

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        return self._weight * confusion(batch.target.logits / self._temperature)


def confusion(logits: torch.Tensor) -> torch.Tensor:
    """The mean share of a class that others have part in, in predictions ``(B, C)``: 0 where all are certain."""
    import torch

    chances = torch.softmax(logits, dim=1)
    certainty = 1 + torch.exp(-torch.special.entr(chances).sum(dim=1).detach())
    weights = len(logits) * certainty / certainty.sum()
    together = (chances * weights[:, None]).T @ chances
    shares = together / together.sum(dim=1, keepdim=True)
    return (shares.sum() - shares.trace()) / logits.shape[1]
