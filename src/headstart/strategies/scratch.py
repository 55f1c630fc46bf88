"""The same architecture without pretraining: the control that shows what pretraining is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.backbone import Backbone
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import groups_by_depth


@dataclass(frozen=True, kw_only=True)
class Scratch(InputStrategy):
    """All blocks start from the architecture's own random initialisation and learn at one rate, higher than that of
    fine-tuning because there is nothing to preserve; BatchNorm learns its statistics.
    """

    summary: ClassVar[str] = "Train the same architecture from random weights; a control, rarely a choice."
    candidate: ClassVar[bool] = False

    schedule: Schedule = Schedule(epochs=30, rate_scale=5.0, batch_size=32, warmup_steps=20, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(
            frozen_blocks=0,
            groups=groups_by_depth(backbone, 0, 1.0),
            body_from="random",
            head_from="zeros",
            batch_statistics=True,
        )
