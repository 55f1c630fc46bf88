"""Conditional domain-adversarial training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch

WIDEST = 4096
"""Products of features and probabilities up to which all of them are looked at, and so many random ones above."""


@dataclass(frozen=True, kw_only=True)
class Cdan(DeepMethod):
    """Long, Cao, Wang and Jordan 2018, arXiv 1705.10667: what the discriminator sees is the outer product of features
    and predicted probabilities, or as many as 4,096 products of random projections of both where there are more, and
    items count by ``1 + exp(-H)`` of their predictions (CDAN+E): those that the head is sure of count more.
    Probabilities have no gradient, as in the authors' code. Departure: nor have the weights, through which theirs
    sends a reversed one.
    """

    summary: ClassVar[str] = "Adversarial training on features and predictions together (CDAN+E, Long et al. 2018)."

    weight: Annotated[float, Meaning(says="Weight of the reversed gradient at the end.")] = 1.0
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        outputs, width = head.weight.shape
        return _Adversary(width, outputs, self.weight)


class _Adversary(Objective):
    def __init__(self, width: int, outputs: int, weight: float) -> None:
        import torch

        from headstart.domains._reversal import discriminator

        self._projections: tuple[torch.Tensor, torch.Tensor] | None = None
        if width * outputs > WIDEST:
            self._projections = torch.randn(width, WIDEST), torch.randn(outputs, WIDEST)
        self.module = discriminator(min(WIDEST, width * outputs))
        self._weight = weight

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        import torch

        from headstart.domains._reversal import reversed_gradient, rising, told_apart

        assert self.module is not None
        sides = (batch.source, batch.target)
        chances = [torch.softmax(side.logits.detach(), dim=1) for side in sides]
        entropies = [torch.special.entr(each).sum(dim=1) for each in chances]
        strength = self._weight * rising(batch.progress)
        source, target = (
            self._together(reversed_gradient(side.features, strength), each)
            for side, each in zip(sides, chances, strict=True)
        )
        return told_apart(self.module, source, target, (1 + torch.exp(-entropies[0]), 1 + torch.exp(-entropies[1])))

    def _together(self, features: torch.Tensor, chances: torch.Tensor) -> torch.Tensor:
        """Products ``(B, W)`` of ``features (B, D)`` and ``chances (B, C)``."""
        if self._projections is None:
            return (features[:, :, None] * chances[:, None, :]).flatten(1)
        first, second = (one.to(features.device) for one in self._projections)
        return (features @ first) * (chances @ second) / WIDEST**0.5
