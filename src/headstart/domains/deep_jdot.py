"""Deep joint distribution optimal transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class DeepJdot(DeepMethod):
    """Damodaran et al. 2018, arXiv 1803.10081: every item of the source's batch goes to one of the
    target's, so that distances of features and losses of the label on the other's prediction are least in all; then
    body and head learn to make them smaller. ``alpha`` weighs squared distances over the width of the features,
    ``beta`` the losses. The plan is exact: with as many items on both sides, each goes whole. Of batches of different
    sizes some are left out.
    """

    summary: ClassVar[str] = "Train on labels that optimal transport brings (DeepJDOT, Damodaran et al. 2018)."

    alpha: Annotated[float, Meaning(says="Weight of distances.")] = 0.1
    beta: Annotated[float, Meaning(says="Weight of losses of labels that were carried over.")] = 1.0
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        del head
        return _Transport(self.alpha, self.beta)


class _Transport(Objective):
    def __init__(self, alpha: float, beta: float) -> None:
        self._alpha = alpha
        self._beta = beta

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        import torch
        from scipy.optimize import linear_sum_assignment

        sides = (batch.source.features, batch.target.features)
        distances = ((sides[0][:, None] - sides[1][None]) ** 2).mean(dim=2)
        losses = -torch.log_softmax(batch.target.logits, dim=1)[:, batch.labels].T
        costs = self._alpha * distances + self._beta * losses
        rows, columns = linear_sum_assignment(costs.detach().double().cpu().numpy())
        return costs[rows, columns].mean()
