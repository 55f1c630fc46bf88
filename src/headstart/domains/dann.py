"""Domain-adversarial training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Dann(DeepMethod):
    """Ganin et al. 2016, arXiv 1505.07818: a discriminator learns which domain features are of, and the body, by a
    reversed gradient that grows in the paper's S, learns to give none away. ``weight`` is what it grows to.
    """

    summary: ClassVar[str] = "Train features that a discriminator cannot place (DANN, Ganin et al. 2016)."

    weight: Annotated[float, Meaning(says="Weight of the reversed gradient at the end.")] = 1.0
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        return _Adversary(head.weight.shape[1], self.weight)


class _Adversary(Objective):
    def __init__(self, width: int, weight: float) -> None:
        from headstart.domains._reversal import discriminator

        self.module = discriminator(width)
        self._weight = weight

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        from headstart.domains._reversal import reversed_gradient, rising, told_apart

        assert self.module is not None
        strength = self._weight * rising(batch.progress)
        source, target = (reversed_gradient(side.features, strength) for side in (batch.source, batch.target))
        return told_apart(self.module, source, target)
