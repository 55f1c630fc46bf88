"""Let the data say which blocks should move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.backbone import Backbone
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import groups_by_depth


@dataclass(frozen=True, kw_only=True)
class Surgical(InputStrategy):
    """Surgical fine-tuning after Auto-RGN (Lee et al. 2023, arXiv 2210.11466, section 4): a block's rate is scaled by
    the norm of its gradient relative to that of its weights, over the largest of any block. A shift of the input moves
    the first blocks most, one of the classes the last. Departures: the ratios are of blocks and of every step, where
    the authors take single tensors and the mean of a few batches per epoch; normalisation counts; the head, which
    starts from the probe, keeps its rate.
    """

    summary: ClassVar[str] = "Rates by relative gradient norm, block by block (Auto-RGN, arXiv 2210.11466)."
    candidate: ClassVar[bool] = False

    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, 1.0), by_gradient=True)
