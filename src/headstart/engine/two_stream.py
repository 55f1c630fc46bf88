"""Training on two streams: labelled batches of the source, and batches of the target without labels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.progress import Progress
from headstart.core.training import Preparation, Schedule, steps_per_epoch
from headstart.core.two_stream import DomainBatch, Objective, Stream
from headstart.engine.device import autocast
from headstart.engine.draws import balanced
from headstart.engine.examples import Examples, Settings
from headstart.engine.fitting import Fitted, fitted
from headstart.engine.inputs import Inputs, mixed
from headstart.engine.loop import Course, Step
from headstart.engine.network import Network, Passed
from headstart.engine.options import Training
from headstart.heads.spread import spread

OTHER = 1
"""What the seed of the target's stream differs by from that of the source's."""
Batch = Mapping[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class Target:
    """Items ``rows (m,)`` of ``inputs``, which start at the same boundary of the same body as those of the source."""

    inputs: Inputs
    rows: NDArray[np.int64]


def fit_across(
    training: Training,
    backbone: Backbone,
    head: LinearHead,
    examples: Examples,
    target: Target,
    settings: Settings,
    *,
    progress: Progress,
    name: str = "train",
) -> Fitted:
    """Train a copy of ``backbone`` and ``head`` on the labelled ``examples`` and towards the ``target``: see `fitted`.

    Of the strategy what it trains is asked for, and nothing that it adds to the loss. ``examples`` come with the
    features of the source before training, whose spread is the unit of a `Stream`.

    Raises:
        Diverged: the loss stopped being a number, however slow the steps were.
        UserError: the strategy would train nothing.
    """
    method, strategy = training.method, training.strategy
    unit = spread(np.asarray(examples.features))
    seen = LinearHead(weight=head.weight * unit, bias=head.bias)

    def lesson(trained: Backbone, preparation: Preparation) -> tuple[Network, TwoStream]:
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            objective = method.objective(seen)
        network = Network(
            trained,
            head,
            preparation.frozen_blocks,
            beside=objective.module,
            rate=type(method).beside_rate,
            between=preparation.between,
        )
        return network, TwoStream(examples, target, objective, strategy.schedule, settings, unit=unit)

    return fitted(strategy, backbone, head, lesson, settings, progress=progress, name=name)


class TwoStream(Course):
    """As many batches of both sides in an epoch as the larger one has; the other begins anew as often as it takes."""

    def __init__(
        self,
        examples: Examples,
        target: Target,
        objective: Objective,
        schedule: Schedule,
        settings: Settings,
        *,
        unit: float,
    ) -> None:
        self._examples = examples
        self._target = target
        self._objective = objective
        self._schedule = schedule
        self._settings = settings
        self._unit = unit
        self.steps = steps_per_epoch(max(len(examples.rows), len(target.rows)), schedule.batch_size)

    def batches(self, epoch: int) -> Iterator[tuple[torch.Tensor, Batch, Batch]]:
        """See `Course.batches`: positions ``(B,)`` among the rows of the examples, and what to train on of both."""
        seed, rows = self._settings.seed, self._examples.rows
        drawn = balanced(self._examples.targets, seed, epoch) if self._schedule.balanced else np.arange(len(rows))
        labelled = self._again(self._examples.inputs, rows[drawn], seed, epoch)
        others = self._again(self._target.inputs, self._target.rows, mixed(seed, OTHER), epoch)
        for (chosen, source), (_, target) in zip(labelled, others, strict=True):
            yield torch.from_numpy(drawn)[chosen], source, target

    def _again(
        self, inputs: Inputs, rows: NDArray[np.int64], seed: int, epoch: int
    ) -> Iterator[tuple[torch.Tensor, Batch]]:
        """So many batches of ``rows`` as there are steps, in another order every time around."""
        size = self._schedule.batch_size
        turns = (inputs.epoch(rows, seed=seed, epoch=epoch, size=size, turn=turn) for turn in itertools.count())
        yield from itertools.islice(itertools.chain.from_iterable(turns), self.steps)

    def step(self, running: nn.Module, batch: tuple[torch.Tensor, Batch, Batch], progress: float) -> Step:
        """See `Course.step`."""
        rows, *sides = batch
        labels = self._examples.targets_at(rows)
        with autocast(self._settings.dtype):
            source, target = (self._stream(running(side)) for side in sides)
        loss = self._examples.losses(source.logits, labels, self._schedule.smoothing).mean()
        seen = loss.item()
        if not math.isfinite(seen) or not bool(torch.isfinite(target.features).all()):
            return Step(None, seen, len(rows))
        added = self._objective.loss(DomainBatch(source=source, target=target, labels=labels, progress=progress))
        return Step(loss + added, seen, len(rows))

    def _stream(self, passed: Passed) -> Stream:
        return Stream(features=passed.features.float() / self._unit, logits=passed.logits.float())
