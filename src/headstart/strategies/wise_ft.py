"""Fine-tune, then go part of the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import Decay, groups_by_depth


@dataclass(frozen=True, kw_only=True)
class WiseFt(InputStrategy):
    """WiSE-FT (Wortsman et al. 2022, arXiv 2109.01903, equation 1): the weights of a fine-tune and those it started
    from, averaged. The share ``of_start`` of the latter is the paper's 1 - alpha, one half where nothing is known about
    the shift to come (section 4). Departure: the start has the probe's head in place of a zero-shot one.
    """

    summary: ClassVar[str] = "Average the fine-tuned weights with the pretrained ones (WiSE-FT, arXiv 2109.01903)."
    candidate: ClassVar[bool] = False

    decay: Decay = 0.8
    of_start: Annotated[float, Meaning(says="Share of the starting weights in the result.", high=1.0)] = 0.5
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        groups = groups_by_depth(backbone, 0, self.decay)
        return Preparation(frozen_blocks=0, groups=groups, of_start=self.of_start)
