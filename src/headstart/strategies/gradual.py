"""Unfreeze from the head downwards, block by block."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import Decay, groups_by_depth


@dataclass(frozen=True, kw_only=True)
class Gradual(InputStrategy):
    """Gradual unfreezing with discriminative rates (ULMFiT; Howard and Ruder 2018, arXiv 1801.06146, sections 3.2 and
    3.3): the head and the last block learn first, and the share ``unfrozen`` of the epochs is over when the first block
    has joined. Blocks join evenly. Departures: cosine decay, and the head starts from the probe.
    """

    summary: ClassVar[str] = "Unfreeze block after block from the head downwards (ULMFiT, arXiv 1801.06146)."
    candidate: ClassVar[bool] = False

    decay: Decay = 0.8
    unfrozen: Annotated[float, Meaning(says="Share of the epochs after which every block moves.", high=1.0)] = 0.5
    schedule: Schedule = Schedule(epochs=8, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        groups = groups_by_depth(backbone, 0, self.decay)
        most = max(1, len(groups) - 1)
        waiting = (self.unfrozen * (len(groups) - 1 - place) / most for place in range(len(groups)))
        staged = tuple(replace(group, since=since) for group, since in zip(groups, waiting, strict=True))
        return Preparation(frozen_blocks=0, groups=staged)
