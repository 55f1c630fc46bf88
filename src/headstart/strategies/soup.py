"""Several fine-tunes at different rates, averaged into one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import Decay, groups_by_depth


@dataclass(frozen=True, kw_only=True)
class Soup(InputStrategy):
    """Greedy soup (Wortsman et al. 2022, arXiv 2203.05482, recipe 1): ``members`` fine-tunes from one start at rates
    from one ``spread``-th of the usual one to ``spread`` times it, each with an order of items of its own; their
    weights are averaged, the best first, as far as that does no harm on a fifth of the items, which is held out. The
    result is one ordinary model. Departure: all start from the probe's head, fitted without what is held out.
    """

    summary: ClassVar[str] = "Average several fine-tunes as far as that helps (greedy soup, arXiv 2203.05482)."
    candidate: ClassVar[bool] = False

    members: Annotated[int, Meaning(says="Fine-tunes to average.", low=1, high=50)] = 4
    spread: Annotated[
        float, Meaning(says="Highest rate over the usual one, and that over the lowest.", low=1, high=1000)
    ] = 3.0
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    @property
    def ingredients(self) -> tuple[InputStrategy, ...]:
        """See `InputStrategy.ingredients`."""
        if self.members == 1:
            return (self,)
        steps = (2 * number / (self.members - 1) - 1 for number in range(self.members))
        rates = (self.schedule.rate_scale * self.spread**step for step in steps)
        return tuple(replace(self, members=1, schedule=replace(self.schedule, rate_scale=rate)) for rate in rates)

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, self.decay))
