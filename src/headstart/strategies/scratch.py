"""The same architecture without pretraining: the control that shows what pretraining is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from headstart.core.backbone import Backbone
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import groups_by_depth

NORMALISED = 3.0
"""How much faster networks learn that normalise by the statistics of batches (EfficientNet-Lite0 on 200 solar cells:
balanced accuracy .723 at 1.5e-3, .709 at 5e-4; one draw). Encoders of texts do not bear more (MiniLM-L6 on 150 tweets
at twice the rate: one fit of three learnt nothing)."""


@dataclass(frozen=True, kw_only=True)
class Scratch(InputStrategy):
    """All blocks start from the architecture's own random initialisation and learn at one rate, higher than that of
    fine-tuning because there is nothing to preserve; BatchNorm learns its statistics.
    """

    summary: ClassVar[str] = "Train the same architecture from random weights; a control, rarely a choice."
    candidate: ClassVar[bool] = False
    smallest_batch: ClassVar[int] = 16
    """Fewer items have no statistics."""

    schedule: Schedule = Schedule(epochs=30, rate_scale=5.0, batch_size=32, warmup_steps=20, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        faster = NORMALISED if backbone.info.batch_norm else 1.0
        return Preparation(
            frozen_blocks=0,
            groups=tuple(replace(group, rate=faster) for group in groups_by_depth(backbone, 0, 1.0)),
            body_from="random",
            head_from="zeros",
            head_rate=faster,
            batch_statistics=True,
        )
