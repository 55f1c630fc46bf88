"""One fit: a copy of the body is altered as its strategy says, trained, and brought back as an ordinary body."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.progress import Progress
from headstart.core.training import InputStrategy, Penalty, Start
from headstart.engine.alterations import Alterations, mixed_with
from headstart.engine.device import keep_freed_memory, on_device
from headstart.engine.loop import Examples, Loop, Settings


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A trained copy of the backbone (float32, evaluation mode), its head, and the mean loss of each epoch."""

    backbone: Backbone
    head: LinearHead
    losses: tuple[float, ...]


def fit(
    strategy: InputStrategy,
    backbone: Backbone,
    head: LinearHead,
    examples: Examples,
    settings: Settings,
    *,
    progress: Progress,
    name: str = "train",
) -> Fitted:
    """Train a copy of ``backbone`` and ``head`` as ``strategy`` prepares it; the arguments are left untouched.

    Where the loss stops being a number, training goes on from the last good epoch in smaller steps.

    Raises:
        Diverged: that did not help (the message says in which epoch and what to change).
        UserError: the strategy would train nothing.
    """
    keep_freed_memory()
    source, backbone = backbone, copy.deepcopy(backbone)
    preparation = strategy.prepare(backbone)
    alterations = Alterations(backbone.module, preparation)
    with (
        _held(strategy, source, backbone, head, examples) as penalty,
        torch.random.fork_rng(),
    ):
        loop = Loop(strategy, preparation, backbone, head, examples, settings, penalty)
        losses = loop.run(progress, name)
    backbone.module.eval().requires_grad_(False)
    alterations.undo()
    backbone.module.requires_grad_(False)
    found = loop.head()
    if preparation.of_start:
        start, state = source.module.state_dict(), backbone.module.state_dict()
        backbone.module.load_state_dict(mixed_with(start, state, preparation.of_start))
        kept = preparation.of_start
        found = LinearHead(
            weight=kept * head.weight + (1 - kept) * found.weight, bias=kept * head.bias + (1 - kept) * found.bias
        )
    return Fitted(backbone=backbone, head=found, losses=tuple(losses))


@contextmanager
def _held(
    strategy: InputStrategy, source: Backbone, trained: Backbone, head: LinearHead, examples: Examples
) -> Iterator[Penalty | None]:
    """What the strategy adds to the loss, for the time of a fit."""

    def features() -> NDArray[np.floating]:
        assert examples.features is not None  # whoever trains with a penalty has features
        return examples.features()

    start = Start(source=on_device(source), trained=trained, head=head, features=features, targets=examples.targets)
    penalty = strategy.penalty(start)
    try:
        yield penalty
    finally:
        if penalty is not None:
            penalty.close()
