"""Maximum classifier discrepancy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Mcd(DeepMethod):
    """Saito, Watanabe, Ushiku and Harada 2018, arXiv 1712.02560: two other heads, both right on the
    source, learn to differ on the target as much as they can, and the body learns features on which they cannot.
    ``weight`` times the mean absolute difference of their probabilities. Departures: by a reversed
    gradient in one step, not in three in turn, which grows in the S of domain-adversarial training; and the head of
    the result is a third, trained on the source beside them, which all features are judged by that methods give.
    """

    summary: ClassVar[str] = "Leave two heads no room to differ on the target (MCD, Saito et al. 2018)."

    weight: Annotated[float, Meaning(says="Weight of their difference.")] = 1.0
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        return _Difference(head, self.weight)


class _Difference(Objective):
    def __init__(self, head: LinearHead, weight: float) -> None:
        from torch import nn

        from headstart.domains._second_head import beside

        self._heads = [beside(head, unlike=1.0) for _ in range(2)]
        self.module = nn.ModuleList(self._heads)
        self._weight = weight

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        import torch
        from torch.nn.functional import cross_entropy

        from headstart.domains._reversal import reversed_gradient, rising

        right = [cross_entropy(each(batch.source.features), batch.labels) for each in self._heads]
        features = reversed_gradient(batch.target.features, rising(batch.progress))
        chances = [torch.softmax(each(features), dim=1) for each in self._heads]
        return right[0] + right[1] - self._weight * (chances[0] - chances[1]).abs().mean()
