"""A body with the target's own statistics, trained on batches of the target alone."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from headstart.core.alignment import NORMALISATION
from headstart.core.backbone import Backbone, LinearHead
from headstart.core.progress import Progress
from headstart.core.target_only import TargetMethod, TargetTraining
from headstart.core.training import Preparation, steps_per_epoch
from headstart.engine.device import accelerator, autocast
from headstart.engine.examples import Settings
from headstart.engine.fitting import Fitted, TargetFit, fitted
from headstart.engine.inputs import Inputs
from headstart.engine.items import Items
from headstart.engine.loop import Course, Step
from headstart.engine.network import Network
from headstart.engine.precision import training_dtype
from headstart.engine.ready import Ready
from headstart.engine.run import Run
from headstart.engine.trials import Contender, checkpoint_of, encode_once
from headstart.engine.views import Views
from headstart.heads.weights import balanced_weights

BATCH = 64
"""Items whose statistics are averaged: few say little of their variance."""


@dataclass(frozen=True, kw_only=True)
class OwnStatistics:
    """A body whose BatchNorm has the statistics of some items, and their features ``(N, D)`` by it."""

    backbone: Backbone
    features: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Restating:
    """How the body of ``contender`` is changed by the items ``seen`` of the target."""

    name: str
    method: TargetMethod
    contender: Contender
    seen: Items
    run: Run

    def fit(self, rows: NDArray[np.int64], part: str) -> TargetFit:
        """With the head of the training items ``rows``; ``part`` says which they are."""
        run, contender = self.run, self.contender
        items, targets, outputs = run.data.items.subset(rows), run.data.targets[rows], run.data.task.outputs
        own = self.by_own_statistics(items, "the source")
        weights = balanced_weights(targets, outputs).tolist()
        head = run.options.probe.fit(own.features, targets, outputs, weights, run.data.groups[rows])
        body = self._restated(self.seen, f"{self.name}, the target")
        training = self.method.training()
        if training is None:
            return TargetFit(fitted=Fitted(backbone=body, head=head, losses=()), source_body=own.backbone)
        path = run.journal.path(checkpoint_of(self.piece(part))) if run.journal.folder else None
        settings = Settings(
            seed=run.options.seed, dtype=training_dtype(body, 0, contender.encoder.dtype), checkpoint=path
        )
        name = f"{self.name}, {part}"
        fitted = fit_alone(training, body, head, self._inputs(body, self.seen), settings, run.progress, name)
        return TargetFit(fitted=fitted, source_body=own.backbone)

    def by_own_statistics(self, items: Items, side: str) -> OwnStatistics:
        """The contender's body with statistics of ``items``, which are those of one ``side``, and what it makes of
        them.
        """
        body = self._restated(items, f"{self.name}, {side}")
        return OwnStatistics(backbone=body, features=np.asarray(encode_once(body, items, self.contender)))

    def _restated(self, items: Items, name: str) -> Backbone:
        """The contender's body with statistics of ``items``."""
        inputs = self._inputs(self.contender.backbone, items)
        return restated(self.contender.backbone, inputs, len(items), progress=self.run.progress, name=name)

    def _inputs(self, backbone: Backbone, items: Items) -> Inputs:
        ready, dtype = Ready(backbone, items), self.contender.encoder.dtype
        return Inputs(backbone, 0, ready, views=Views(), dtype=dtype, room=self.run.room)

    def piece(self, part: str) -> str:
        """What tells it from other work in the journal."""
        return f"{self.contender.key} {self.name} {self.method} {part}"

    @property
    def changed(self) -> str:
        """What is changed of the body."""
        return NORMALISATION

    def give_back(self) -> None:
        """Nothing is stored."""


@torch.no_grad()
def restated(backbone: Backbone, inputs: Inputs, count: int, *, progress: Progress, name: str) -> Backbone:
    """A copy of ``backbone`` whose BatchNorm layers have the statistics of the ``count`` items of ``inputs``: means
    over batches, with BatchNorm alone in training mode. One that has none comes back as it is.

    In float32: what is averaged here is what every later pass is normalised by.
    """
    layers = [module for module in backbone.module.modules() if isinstance(module, _BatchNorm)]
    if not layers:
        return backbone
    found = copy.deepcopy(backbone)
    found.module.to(accelerator().device)
    for module in found.module.modules():
        if isinstance(module, _BatchNorm):
            module.reset_running_stats()
            module.momentum = None  # a cumulative average
            module.train()
    with progress.stage(name, total=count) as stage:
        for positions, batch in inputs.epoch(np.arange(count), seed=0, epoch=0, size=BATCH):
            found.encode(batch)
            stage.advance(len(positions))
    for before, after in zip(backbone.module.modules(), found.module.modules(), strict=True):
        if isinstance(before, _BatchNorm) and isinstance(after, _BatchNorm):
            after.momentum = before.momentum
    found.module.to("cpu").eval()
    return found


def fit_alone(
    training: TargetTraining,
    backbone: Backbone,
    head: LinearHead,
    inputs: Inputs,
    settings: Settings,
    progress: Progress,
    name: str = "train",
) -> Fitted:
    """Train a copy of ``backbone`` on the items of ``inputs``, which start at its bottom: see `fitted`.

    Raises:
        Diverged: the loss stopped being a number, however slow the steps were.
        UserError: nothing would be trained.
    """

    def lesson(trained: Backbone, preparation: Preparation) -> tuple[Network, Alone]:
        return Network(trained, head, preparation.frozen_blocks), Alone(training, inputs, settings)

    return fitted(training, backbone, head, lesson, settings, progress=progress, name=name)


class Alone(Course):
    """All items of the target in every epoch."""

    def __init__(self, training: TargetTraining, inputs: Inputs, settings: Settings) -> None:
        self._training = training
        self._inputs = inputs
        self._settings = settings
        self.steps = steps_per_epoch(inputs.count, training.schedule.batch_size)

    def batches(self, epoch: int) -> Iterator[Mapping[str, torch.Tensor]]:
        """See `Course.batches`."""
        rows, size = np.arange(self._inputs.count), self._training.schedule.batch_size
        for _, batch in self._inputs.epoch(rows, seed=self._settings.seed, epoch=epoch, size=size):
            yield batch

    def step(self, running: nn.Module, batch: Mapping[str, torch.Tensor], progress: float) -> Step:
        """See `Course.step`."""
        del progress
        with autocast(self._settings.dtype):
            logits = running(batch).logits.float()
        loss = self._training.loss(logits)
        seen = loss.item()
        return Step(loss if math.isfinite(seen) else None, seen, len(logits))
