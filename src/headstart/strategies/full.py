"""Fine-tune everything from a fresh head: what most tutorials do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import Decay, groups_by_depth


@dataclass(frozen=True, kw_only=True)
class Full(InputStrategy):
    """All blocks are trained; the head starts from zero and moves ``head_rate`` times as fast."""

    summary: ClassVar[str] = "Fine-tune every block, starting from a fresh head."
    lead: ClassVar[float] = 0.03

    decay: Decay = 0.8
    head_rate: Annotated[float, Meaning(says="Multiplies the learning rate of the head.", low=1e-6)] = 10.0
    schedule: Schedule = Schedule(epochs=6, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        groups = groups_by_depth(backbone, 0, self.decay)
        return Preparation(frozen_blocks=0, groups=groups, head_from="zeros", head_rate=self.head_rate)
