"""Normalise at random by what the pretraining saw or by what this batch shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.errors import UserError
from headstart.core.settings import Meaning
from headstart.core.task import Task
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import Decay, groups_by_depth


@dataclass(frozen=True, kw_only=True)
class StochNorm(InputStrategy):
    """Stochastic normalisation (Kou et al. 2020, NeurIPS, equation 5): at each step every channel of every BatchNorm is
    normalised, with ``probability``, by the moving statistics, which start from those of the pretraining, and else by
    those of the batch; a dropout of statistics. One half is the paper's (the authors' code gives the probability of
    the batch's). Departure: the head starts from the probe.
    """

    summary: ClassVar[str] = "Fine-tune with BatchNorm's two statistics drawn at random (StochNorm, NeurIPS 2020)."
    candidate: ClassVar[bool] = False
    smallest_batch: ClassVar[int] = 16
    """Fewer items have no statistics: with 10 labels of two classes, four at a time, it guesses."""

    probability: Annotated[float, Meaning(says="Of taking the moving statistics of a channel.", high=1.0)] = 0.5
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Bodies with BatchNorm, any task with a linear head."""
        del task
        return f"{info.name} has no BatchNorm, whose statistics this is about." if info.batch_norm is False else None

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`.

        Raises:
            UserError: the body has no BatchNorm.
        """
        from functools import partial

        from headstart.strategies._stochastic import Stochastic, batch_norms

        norms = batch_norms(backbone.module)
        if not norms:
            raise UserError(f"{backbone.info.name} has no BatchNorm; choose 'lp_ft', which is the same without it.")
        replaced = dict.fromkeys(norms, partial(Stochastic, probability=self.probability))
        groups = groups_by_depth(backbone, 0, self.decay)
        return Preparation(frozen_blocks=0, groups=groups, batch_statistics=True, replaced=replaced)
