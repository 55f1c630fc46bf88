"""Train the last blocks and the head, keep everything below as it was pretrained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.strategy import InputStrategy, Preparation, Schedule
from headstart.core.task import Task
from headstart.strategies._depth import groups_by_depth


@dataclass(frozen=True, kw_only=True)
class LastBlocks(InputStrategy):
    """Partial fine-tuning (Yosinski et al. 2014, arXiv 1411.1792): the last ``blocks`` blocks start from the
    pretrained weights and the head from the linear probe; blocks below are frozen, their outputs computed once.
    """

    summary: ClassVar[str] = "Fine-tune the last block from the probe's head; everything below stays frozen."

    blocks: int = 1
    decay: float = 0.8
    head_rate: float = 1.0
    schedule: Schedule = Schedule(epochs=6, rate_scale=0.3, batch_size=32, warmup_steps=10, views=True)

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Any backbone, any task with a linear head."""
        del info, task

    def lasting(self, epochs: int) -> LastBlocks:
        """See `InputStrategy.lasting`."""
        return replace(self, schedule=replace(self.schedule, epochs=epochs))

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`; a body with fewer blocks keeps at least its first one frozen."""
        frozen = max(1, len(backbone.blocks) - self.blocks)
        return Preparation(
            frozen_blocks=frozen,
            groups=groups_by_depth(backbone, frozen, self.decay),
            body_from="pretrained",
            head_from="probe",
            head_rate=self.head_rate,
            batch_statistics=False,
        )
