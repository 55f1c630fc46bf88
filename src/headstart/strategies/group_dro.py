"""Fine-tune for the domain that is worst off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Penalty, Preparation, Schedule, Seen, Start
from headstart.strategies._depth import Decay, groups_by_depth
from headstart.strategies._domains import domains_of, shares_of

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class GroupDro(InputStrategy):
    """Distributionally robust optimisation over groups (Sagawa et al. 2020, arXiv 1911.08731, algorithm 1): the loss is
    a weighted mean of the domains' mean losses; at every step their weights are multiplied by the exponential of
    ``eta`` times the loss, and brought back to a sum of 1. ``eta`` is the paper's. Departures: batches are drawn from
    all items, and not from one domain each, so that the domains that a batch holds share its weight; losses are
    adjusted to the frequencies of the classes; the head starts from the probe, and the strong regularisation without
    which the paper's large networks gained nothing is left to ``decay`` and few epochs.
    """

    summary: ClassVar[str] = "Fine-tune with most weight on domains with large losses (GroupDRO, arXiv 1911.08731)."
    candidate: ClassVar[bool] = False
    learns_across_domains: ClassVar[bool] = True

    eta: Annotated[float, Meaning(says="How fast weight moves to the domains with large losses.")] = 0.01
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, self.decay))

    def penalty(self, start: Start) -> Penalty:
        """See `InputStrategy.penalty`.

        Raises:
            UserError: the data name no domains.
        """
        return _Robust(domains_of(start), self.eta)


class _Robust(Penalty):
    """What the weighted mean of the domains' losses is above the mean of the items' losses.

    The weights are a buffer of ``module``, so that a checkpoint holds them.
    """

    def __init__(self, domains: torch.Tensor, eta: float) -> None:
        import torch

        self._domains, self._eta = domains, eta
        self.module = torch.nn.Module()
        self.module.register_buffer("weights", torch.full((domains.shape[1],), 1.0 / domains.shape[1]))

    def loss(self, seen: Seen) -> torch.Tensor:
        import torch

        assert self.module is not None
        shares = shares_of(self._domains, seen)
        sizes = shares.sum(dim=0)
        there = sizes > 0
        losses = (shares.T @ seen.losses)[there] / sizes[there]
        weights = self.module.get_buffer("weights")
        with torch.no_grad():
            weights[there] *= torch.exp(self._eta * losses)
            weights /= weights.sum()
        present = weights[there] / weights[there].sum()
        return (present * losses).sum() - seen.losses.mean()
