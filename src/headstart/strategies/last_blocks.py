"""Train the last blocks and the head, keep everything below as it was pretrained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import Decay, groups_by_depth


@dataclass(frozen=True, kw_only=True)
class LastBlocks(InputStrategy):
    """Partial fine-tuning (Yosinski et al. 2014, arXiv 1411.1792): the last ``blocks`` blocks start from the
    pretrained weights and the head from the linear probe; blocks below are frozen, their outputs computed once.
    """

    summary: ClassVar[str] = "Fine-tune the last block from the probe's head; everything below stays frozen."
    lead: ClassVar[float] = 0.014

    blocks: Annotated[int, Meaning(says="How many blocks are trained.", low=1)] = 1
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=6, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`; a body with fewer blocks keeps at least its first one frozen."""
        frozen = max(1, len(backbone.blocks) - self.blocks)
        return Preparation(frozen_blocks=frozen, groups=groups_by_depth(backbone, frozen, self.decay))
