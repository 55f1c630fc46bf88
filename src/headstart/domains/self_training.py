"""Self-training on what the head is sure of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class SelfTraining(DeepMethod):
    """Pseudo-labels (Lee 2013, ICML workshop on challenges in representation learning) where the head
    gives a class a chance of ``confidence`` or more (Sohn et al. 2020, arXiv 2001.07685): the target's
    items are learnt with the class predicted for them, and all others count as nothing. ``weight`` is what their loss
    grows to, in the S of domain-adversarial training.
    """

    summary: ClassVar[str] = "Train on target items with the class predicted for them (pseudo-labels, Lee 2013)."

    weight: Annotated[float, Meaning(says="Weight of the target's loss at the end.")] = 1.0
    confidence: Annotated[float, Meaning(says="Chance from which on a prediction is a label.", high=0.9999)] = 0.9
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        del head
        return _Own(self.weight, self.confidence)


class _Own(Objective):
    def __init__(self, weight: float, confidence: float) -> None:
        self._weight = weight
        self._confidence = confidence

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        import torch
        from torch.nn.functional import cross_entropy

        from headstart.domains._reversal import rising

        chances, classes = torch.softmax(batch.target.logits.detach(), dim=1).max(dim=1)
        losses = cross_entropy(batch.target.logits, classes, reduction="none")
        sure = (chances >= self._confidence).to(losses)
        return self._weight * rising(batch.progress) * (sure * losses).mean()
