"""A way to train for the tests of the loop, and a fit of the toy body with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch

from headstart.core.backbone import Backbone, BackboneInfo, LinearHead
from headstart.core.progress import Silent
from headstart.core.task import Task
from headstart.core.training import InputStrategy, ParamGroup, Preparation, Schedule
from headstart.engine import fitting
from headstart.engine.examples import Examples, Settings
from headstart.engine.supervised import fit
from tests.engine import toys


@dataclass(frozen=True, kw_only=True)
class Chosen(InputStrategy):
    """Trains everything from block ``frozen`` on."""

    summary: ClassVar[str] = "for tests"
    frozen: int = 1
    batch_statistics: bool = False
    schedule: Schedule = Schedule(epochs=3, rate_scale=1.0, batch_size=8, warmup_steps=2, augment="none")

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        return None

    def lasting(self, epochs: int) -> Chosen:
        return replace(self, schedule=replace(self.schedule, epochs=epochs))

    def prepare(self, backbone: Backbone) -> Preparation:
        blocks = backbone.blocks[self.frozen :]
        names = tuple(n for n, _ in backbone.module.named_parameters() if any(block.owns(n) for block in blocks))
        return Preparation(
            frozen_blocks=self.frozen,
            groups=(ParamGroup(name="rest", parameters=names, rate=1.0, weight_decay=0.01),),
            body_from="pretrained",
            head_from="zeros",
            head_rate=2.0,
            batch_statistics=self.batch_statistics,
        )


def head(outputs: int = 2) -> LinearHead:
    return LinearHead(weight=np.zeros((outputs, 8)), bias=np.zeros(outputs))


def backbone() -> toys.ToyBackbone:
    return toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE)


def run(strategy: InputStrategy, count: int = 40, **changes: object) -> fitting.Fitted:
    settings = replace(Settings(seed=3), **changes)
    return fit(strategy, backbone(), head(), toys.examples(strategy, backbone(), count), settings, progress=Silent())


def state(fitted: fitting.Fitted) -> dict[str, torch.Tensor]:
    weights = {"weight": torch.from_numpy(fitted.head.weight), "bias": torch.from_numpy(fitted.head.bias)}
    return {**fitted.backbone.module.state_dict(), **weights}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def scheduled(frozen: int = 1, **changes: Any) -> Chosen:
    return replace(Chosen(frozen=frozen), schedule=replace(Chosen().schedule, **changes))


def held(strategy: Chosen, **changes: Any) -> Examples:
    """The first 30 items to train on, the others held out."""
    given = toys.examples(strategy, backbone())
    rows = np.arange(40)
    changes = {"held_rows": rows[30:], "held_targets": given.targets[30:], **changes}
    return replace(given, rows=rows[:30], targets=given.targets[:30], **changes)
