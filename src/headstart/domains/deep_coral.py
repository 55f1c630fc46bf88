"""Deep CORAL: covariances that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.settings import Meaning
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class DeepCoral(DeepMethod):
    """Sun and Saenko 2016, arXiv 1607.01719, equation 1: ``weight / 4 d^2`` times the squared Frobenius distance of the
    covariances of both domains' features, d wide. Departure: the squared distance of the means is added, over ``d``:
    the paper leaves means as far apart as they are.
    """

    summary: ClassVar[str] = "Train until means and covariances are alike (Deep CORAL, Sun and Saenko 2016)."

    weight: Annotated[float, Meaning(says="Weight of the distance.")] = 1.0
    epochs: Epochs = 10

    def objective(self, head: LinearHead) -> Objective:
        """See `DeepMethod.objective`."""
        del head
        return _Moments(self.weight)


class _Moments(Objective):
    def __init__(self, weight: float) -> None:
        self._weight = weight

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        means, covariances = zip(*(_moments(side.features) for side in (batch.source, batch.target)), strict=True)
        width = len(means[0])
        second = ((covariances[0] - covariances[1]) ** 2).sum() / (4 * width**2)
        return self._weight * (((means[0] - means[1]) ** 2).sum() / width + second)


def _moments(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean ``(D,)`` and covariance ``(D, D)`` of ``rows (N, D)``."""
    mean = rows.mean(dim=0)
    centred = rows - mean
    return mean, centred.T @ centred / max(1, len(rows) - 1)
