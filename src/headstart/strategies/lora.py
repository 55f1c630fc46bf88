"""Low-rank changes to dense layers and convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, ParamGroup, Preparation, Schedule
from headstart.strategies._depth import WEIGHT_DECAY, groups_by_depth


@dataclass(frozen=True, kw_only=True)
class Lora(InputStrategy):
    """LoRA (Hu et al. 2021, arXiv 2106.09685, equation 3): ``W + (alpha / rank) B A``, where W stays as it was, A
    starts at random and B at zero. It lies over the weights of all dense layers, as Dettmers et al. 2023 (arXiv
    2305.14314) found necessary, and of all convolutions but grouped ones, whose kernels count as matrices ``(out, in *
    height * width)``; depthwise kernels are too small to have a low rank. Small weights have a lower rank. The result
    is merged: an ordinary body of the same shape. Departure: the head starts from the probe and there is no dropout.
    """

    summary: ClassVar[str] = "Low-rank changes to all dense layers and convolutions, merged (LoRA, arXiv 2106.09685)."
    candidate: ClassVar[bool] = False

    rank: Annotated[int, Meaning(says="Rank of the changes at most.", low=1)] = 8
    alpha: Annotated[float, Meaning(says="Changes are multiplied by alpha / rank.")] = 16.0
    schedule: Schedule = Schedule(epochs=6, rate_scale=5.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        from headstart.strategies._low_rank import LowRank, adaptable

        chosen = adaptable(backbone.module, self.rank)
        groups = groups_by_depth(backbone, 0, 1.0, only=chosen.__contains__)
        adapters = {name: partial(LowRank, shape, rank, self.alpha / rank) for name, (shape, rank) in chosen.items()}
        renamed = tuple(
            ParamGroup(
                name=group.name,
                parameters=tuple(_inside(name, part) for name in group.parameters for part in ("down", "up")),
                rate=group.rate,
                weight_decay=WEIGHT_DECAY,
            )
            for group in groups
        )
        return Preparation(frozen_blocks=0, groups=renamed, adapters=adapters)


def _inside(name: str, part: str) -> str:
    module, _, parameter = name.rpartition(".")
    return f"{module}.parametrizations.{parameter}.0.{part}"
