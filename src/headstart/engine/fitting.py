"""One fit: a copy of the body is altered as its strategy says, trained, and brought back as an ordinary body."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.progress import Progress
from headstart.core.training import Preparation, Schedule
from headstart.engine.alterations import Alterations, mixed_with
from headstart.engine.checkpoint import calmed_at
from headstart.engine.device import keep_freed_memory
from headstart.engine.examples import Settings
from headstart.engine.loop import ATTEMPTS, CALMER, Course, Diverged, Loop, Unstable
from headstart.engine.network import Network


class Prepared(Protocol):
    """What says how a body is altered, how long and how fast it is trained."""

    @property
    def schedule(self) -> Schedule:
        """How long, and how fast."""
        ...

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `headstart.core.training.InputStrategy.prepare`."""
        ...


Lesson = Callable[[Backbone, Preparation], tuple[Network, Course]]
"""Makes, of an altered copy of the body, the network that is trained and what it is trained on."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A trained copy of the backbone (float32, evaluation mode), its head, and the mean loss of each epoch."""

    backbone: Backbone
    head: LinearHead
    losses: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class TargetFit:
    """What was ``fitted`` for items of a target, and the ``source_body`` that reads items of the source for the same
    head: another one where each domain has statistics of its own.
    """

    fitted: Fitted
    source_body: Backbone


def fitted(
    strategy: Prepared,
    backbone: Backbone,
    head: LinearHead,
    lesson: Lesson,
    settings: Settings,
    *,
    progress: Progress,
    name: str,
) -> Fitted:
    """Train a copy of ``backbone`` and ``head`` as ``strategy`` prepares it; the arguments are left untouched.

    Where the loss stops being a number the fit starts over in smaller steps: its start is the last state that nothing
    speaks against, and needs no copy.

    Raises:
        Diverged: that did not help (the message says in which epoch and what to change).
        UserError: the strategy would train nothing.
    """
    keep_freed_memory()
    calmed = calmed_at(settings.checkpoint) if settings.checkpoint else 0
    while True:
        try:
            return _attempt(strategy, backbone, head, lesson, settings, progress, name, calmed)
        except Unstable as trouble:
            if calmed == ATTEMPTS:
                rate = strategy.schedule.rate_scale * backbone.info.rate * CALMER**calmed
                raise Diverged(
                    f"Training diverged in epoch {trouble.epoch} (the loss is not a number), also at a learning rate "
                    f"of {rate:g}: this model cannot be trained so. Choose another strategy, or look for items with "
                    "extreme values."
                ) from trouble
            progress.say(
                f"The loss stopped being a number in epoch {trouble.epoch}: starting over at {CALMER:g} of the rate."
            )
            calmed += 1


def _attempt(
    strategy: Prepared,
    source: Backbone,
    head: LinearHead,
    lesson: Lesson,
    settings: Settings,
    progress: Progress,
    name: str,
    calmed: int,
) -> Fitted:
    backbone = copy.deepcopy(source)
    preparation = strategy.prepare(backbone)
    alterations = Alterations(backbone.module, preparation, settings.seed)
    with torch.random.fork_rng():
        network, course = lesson(backbone, preparation)
        loop = Loop(strategy.schedule, preparation, backbone, network, course, settings, calmed=calmed)
        losses = loop.run(progress, name)
    alterations.undo()
    backbone.module.eval().requires_grad_(False)
    found = network.linear_head()
    if preparation.of_start:
        start, state = source.module.state_dict(), backbone.module.state_dict()
        backbone.module.load_state_dict(mixed_with(start, state, preparation.of_start))
        found = _between(head, found, preparation.of_start)
    return Fitted(backbone=backbone, head=found, losses=losses)


def _between(start: LinearHead, end: LinearHead, share: float) -> LinearHead:
    """``share`` of ``start`` and the rest of ``end``."""
    return LinearHead(
        weight=share * start.weight + (1 - share) * end.weight, bias=share * start.bias + (1 - share) * end.bias
    )
