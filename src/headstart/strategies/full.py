"""Fine-tune everything from a fresh head: what most tutorials do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.backbone import Backbone
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import groups_by_depth


@dataclass(frozen=True, kw_only=True)
class Full(InputStrategy):
    """All blocks are trained; the head starts from zero and moves ``head_rate`` times as fast."""

    summary: ClassVar[str] = "Fine-tune every block, starting from a fresh head."

    decay: float = 0.8
    head_rate: float = 10.0
    schedule: Schedule = Schedule(epochs=6, rate_scale=0.5, batch_size=32, warmup_steps=10, views=True)

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        groups = groups_by_depth(backbone, 0, self.decay)
        return Preparation(frozen_blocks=0, groups=groups, head_from="zeros", head_rate=self.head_rate)
