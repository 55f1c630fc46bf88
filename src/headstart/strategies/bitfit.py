"""Train biases and normalisation alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.backbone import Backbone
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import groups_by_depth


@dataclass(frozen=True, kw_only=True)
class Bitfit(InputStrategy):
    """BitFit (Ben Zaken et al. 2022, arXiv 2106.10199): only the bias terms are trained, here with the scales of the
    normalisation layers (Frankle et al. 2021, arXiv 2003.00152, for BatchNorm), because most convolutions have no bias.
    Far fewer numbers move than in a fine-tune, and at a higher rate.
    """

    summary: ClassVar[str] = "Train biases and normalisation scales only (BitFit, arXiv 2106.10199)."
    candidate: ClassVar[bool] = False

    schedule: Schedule = Schedule(epochs=6, rate_scale=5.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        kinds = {name: type(module).__name__.lower() for name, module in backbone.module.named_modules()}

        def chosen(name: str) -> bool:
            module, _, parameter = name.rpartition(".")
            return parameter == "bias" or (parameter == "weight" and "norm" in kinds[module])

        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, 1.0, only=chosen))
