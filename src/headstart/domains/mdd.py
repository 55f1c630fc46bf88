"""Margin disparity discrepancy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Mdd(DeepMethod):
    """Zhang, Liu, Long and Jordan 2019, arXiv 1904.05801, section 4: an adversary, which starts as a copy of the head,
    learns to agree with the head's decisions on the source, ``factor`` times as hard (the paper's gamma), and to
    contradict them on the target; a reversed gradient has the body learn features where it cannot. The gradient grows
    in the S of domain-adversarial training to ``weight``.
    """

    summary: ClassVar[str] = "Leave an adversary no room to contradict the head (MDD, Zhang et al. 2019)."

    weight: Annotated[float, Meaning(says="Weight of the reversed gradient at the end.")] = 1.0
    factor: Annotated[float, Meaning(says="How much more agreement on the source counts.", low=1.0)] = 4.0
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        return _Disparity(head, self.weight, self.factor)


class _Disparity(Objective):
    def __init__(self, head: LinearHead, weight: float, factor: float) -> None:
        from headstart.domains._second_head import beside

        self.module = beside(head)
        self._weight = weight
        self._factor = factor

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        from headstart.domains._reversal import reversed_gradient, rising

        assert self.module is not None
        strength = self._weight * rising(batch.progress)
        sides = (batch.source, batch.target)
        source, target = (self.module(reversed_gradient(side.features, strength)) for side in sides)
        known, wanted = (side.logits.detach().argmax(dim=1) for side in sides)
        return self._factor * cross_entropy(source, known) + contradiction(target, wanted)


def contradiction(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """The mean of ``-log(1 - p)`` of the ``classes (B,)`` in ``logits (B, C)``: 0 where they have no chance.

    As the log-sum-exp of all logits minus that of the others: no difference of numbers near 1.
    """
    import torch

    others = logits.masked_fill(torch.nn.functional.one_hot(classes, logits.shape[1]).bool(), -torch.inf)
    return (torch.logsumexp(logits, dim=1) - torch.logsumexp(others, dim=1)).mean()
