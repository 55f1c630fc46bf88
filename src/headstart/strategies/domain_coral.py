"""Fine-tune until features of all domains have the same means and covariances."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Penalty, Preparation, Schedule, Seen, Start
from headstart.strategies._depth import Decay, groups_by_depth
from headstart.strategies._domains import domains_of, shares_of

if TYPE_CHECKING:
    import torch

MOST = 2000
"""Items whose spread is taken for that of all."""


@dataclass(frozen=True, kw_only=True)
class DomainCoral(InputStrategy):
    """CORAL across sources, as Gulrajani and Lopez-Paz 2021 (arXiv 2007.01434) carry Deep CORAL (Sun and Saenko 2016)
    over to several labelled domains: ``weight`` times the mean, over all pairs of domains in a batch, of the mean
    squared difference of means and of covariances of their features. Departures: features are in units of the spread
    that they had before training, so that ``weight`` means the same for all models; batches are drawn from all items,
    and not as many from each domain, so that of many domains a batch holds few items each and their covariances are
    mostly noise; the head starts from the probe.
    """

    summary: ClassVar[str] = "Fine-tune until domains have alike means and covariances (CORAL, arXiv 2007.01434)."
    candidate: ClassVar[bool] = False
    learns_across_domains: ClassVar[bool] = True

    weight: Annotated[float, Meaning(says="Weight of the difference between domains.")] = 1.0
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")
    smallest_batch: ClassVar[int] = 16
    """Of fewer items most domains have no covariance."""

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, self.decay))

    def penalty(self, start: Start) -> Penalty:
        """See `InputStrategy.penalty`.

        Raises:
            UserError: the data name no domains.
        """
        import numpy as np

        from headstart.heads.spread import spread

        rows = np.unique(np.linspace(0, max(len(start.targets) - 1, 0), MOST).astype(np.int64))
        return _Moments(domains_of(start), spread(np.asarray(start.features[rows])), self.weight)


class _Moments(Penalty):
    def __init__(self, domains: torch.Tensor, unit: float, weight: float) -> None:
        self._domains, self._unit, self._weight = domains, unit, weight

    def loss(self, seen: Seen) -> torch.Tensor:
        import torch

        features, shares = seen.features / self._unit, shares_of(self._domains, seen)
        # What a variance is divided by: n - 1 of n items that are whole.
        freedom = shares.sum(dim=0) - (shares**2).sum(dim=0) / shares.sum(dim=0).clamp(min=1.0)
        moments = [
            _moments(features, shares[:, domain], freedom[domain]) for domain in torch.nonzero(freedom > 0.5)[:, 0]
        ]
        if len(moments) < 2:
            return features.sum() * 0.0
        apart = [
            ((one[0] - other[0]) ** 2).mean() + ((one[1] - other[1]) ** 2).mean()
            for one, other in combinations(moments, 2)
        ]
        return self._weight * torch.stack(apart).mean()


def _moments(rows: torch.Tensor, shares: torch.Tensor, freedom: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean ``(D,)`` and covariance ``(D, D)`` of ``rows (B, D)``, of which ``shares (B,)`` count."""
    mean = shares @ rows / shares.sum()
    centred = rows - mean
    return mean, (shares[:, None] * centred).T @ centred / freedom
