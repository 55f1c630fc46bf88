"""Linear probe, then fine-tune everything from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.backbone import Backbone
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import Decay, groups_by_depth


@dataclass(frozen=True, kw_only=True)
class LpFt(InputStrategy):
    """LP-FT (Kumar et al. 2022, arXiv 2202.10054): a random head would distort the pretrained features in the first
    steps of fine-tuning, so the head starts from the probe's solution. Departures: layer-wise rate decay, BatchNorm
    statistics kept, and a probe that knows its items by heart starts with smaller logits (`headstart.heads.soften`):
    few labels leave its loss next to nothing, and fine-tuning no gradient.
    """

    summary: ClassVar[str] = "Fit a linear probe, then fine-tune every block from there (LP-FT, arXiv 2202.10054)."
    lead: ClassVar[float] = 0.022

    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, self.decay))
