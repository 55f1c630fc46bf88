"""Fine-tune on a leash to the pretrained weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Penalty, Preparation, Schedule, Seen, Start
from headstart.strategies._depth import Decay, groups_by_depth

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class L2Sp(InputStrategy):
    """L2-SP (Li, Grandvalet and Davoine 2018, arXiv 1802.01483, equation 2): ``alpha / 2`` times the squared distance
    of the body to where it started, and ``beta / 2`` times the squared norm of the head's weights. It takes the place
    of weight decay, which pulls towards zero instead. Departures: its gradient goes through Adam's scaling and the
    limit on the norm, so that ``alpha`` does not mean what it means to plain descent; the head starts from the probe.
    """

    summary: ClassVar[str] = "Fine-tune with a penalty on the distance to the pretrained weights (arXiv 1802.01483)."
    candidate: ClassVar[bool] = False

    alpha: Annotated[float, Meaning(says="Strength of the pull of the body to where it started.")] = 0.1
    beta: Annotated[float, Meaning(says="Strength of the pull of the head to zero.")] = 0.01
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, self.decay, weight_decay=0.0))

    def penalty(self, start: Start) -> Penalty:
        """See `InputStrategy.penalty`."""
        return _Distance(start.source, start.trained, self.alpha, self.beta)


class _Distance(Penalty):
    def __init__(self, source: Backbone, trained: Backbone, alpha: float, beta: float) -> None:
        known = dict(source.module.named_parameters())
        self._pairs = [(now, known[name].detach()) for name, now in trained.module.named_parameters()]
        self._alpha, self._beta = alpha, beta

    def loss(self, seen: Seen) -> torch.Tensor:
        # Training may have moved the body to another device since; the start follows it once.
        self._pairs = [(now, before.to(now.device)) for now, before in self._pairs]
        distance = sum(((now - before) ** 2).sum() for now, before in self._pairs)
        return 0.5 * self._alpha * distance + 0.5 * self._beta * (seen.head**2).sum()
