"""Training on labelled batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.progress import Progress
from headstart.core.training import InputStrategy, Penalty, Preparation, Schedule, Seen, Start, steps_per_epoch
from headstart.engine.blend import Blend
from headstart.engine.device import accelerator, autocast
from headstart.engine.draws import balanced
from headstart.engine.examples import Examples, Settings
from headstart.engine.fitting import Fitted, fitted
from headstart.engine.loop import Course, Step
from headstart.engine.network import Network, Passed, held_logits


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
    """Train a copy of ``backbone`` and ``head`` on ``examples``: see `fitted`.

    Raises:
        Diverged: the loss stopped being a number, however slow the steps were.
        UserError: the strategy would train nothing.
    """

    def lesson(trained: Backbone, preparation: Preparation) -> tuple[Network, Supervised]:
        penalty = strategy.penalty(_start(backbone, trained, head, examples, settings))
        beside, watched = (penalty.module, penalty.watched) if penalty else (None, ())
        network = Network(
            trained,
            head,
            preparation.frozen_blocks,
            beside=beside,
            watched=watched,
            between=preparation.between,
        )
        return network, Supervised(examples, strategy.schedule, settings, penalty=penalty)

    return fitted(strategy, backbone, head, lesson, settings, progress=progress, name=name)


class Supervised(Course):
    """Every item once in an epoch, or every class as often, with what a ``penalty`` adds to the loss."""

    def __init__(
        self, examples: Examples, schedule: Schedule, settings: Settings, *, penalty: Penalty | None = None
    ) -> None:
        self._examples = examples
        self._schedule = schedule
        self._settings = settings
        self._penalty = penalty
        self.steps = steps_per_epoch(len(examples.rows), schedule.batch_size)

    def batches(self, epoch: int) -> Iterator[tuple[torch.Tensor, Mapping[str, torch.Tensor]]]:
        """See `Course.batches`: positions ``(B,)`` among the rows of the examples, and what to train on."""
        schedule, seed, rows = self._schedule, self._settings.seed, self._examples.rows
        drawn = balanced(self._examples.targets, seed, epoch) if schedule.balanced else np.arange(len(rows))
        for chosen, batch in self._examples.inputs.epoch(rows[drawn], seed=seed, epoch=epoch, size=schedule.batch_size):
            yield torch.from_numpy(drawn)[chosen], batch

    def step(self, running: nn.Module, batch: tuple[torch.Tensor, Mapping[str, torch.Tensor]], progress: float) -> Step:
        """See `Course.step`."""
        del progress
        rows, items = batch
        alpha, targets = self._schedule.mixup, self._examples.targets_at(rows)
        blend = Blend.drawn(alpha, len(targets)) if alpha else None
        with autocast(self._settings.dtype):
            passed = running(items, blend)
        losses = self._losses(passed.logits.float(), targets, blend)
        loss = losses.mean()
        seen = loss.item()
        if not math.isfinite(seen):
            return Step(None, seen, len(rows))
        if self._penalty is not None:
            loss = loss + self._penalty.loss(self._seen(passed, losses, rows, blend))
        return Step(loss, seen, len(rows))

    def held_loss(self, running: nn.Module) -> float | None:
        """See `Course.held_loss`."""
        if not len(self._examples.held_rows):
            return None
        logits = held_logits(running, self._examples, self._schedule.batch_size, self._settings.dtype)
        return self._examples.held_loss(logits)

    def _losses(self, logits: torch.Tensor, targets: torch.Tensor, blend: Blend | None) -> torch.Tensor:
        """The losses ``(B,)`` of a batch; of a blended one, those of both targets of every item."""
        smoothing = self._schedule.smoothing
        own = self._examples.losses(logits, targets, smoothing)
        if blend is None:
            return own
        other = self._examples.losses(logits, targets[blend.partner.to(targets.device)], smoothing)
        return blend.share * own + (1 - blend.share) * other

    def _seen(self, passed: Passed, losses: torch.Tensor, rows: torch.Tensor, blend: Blend | None) -> Seen:
        labels = nn.functional.one_hot(self._examples.targets_at(rows), passed.logits.shape[1]).float()
        return Seen(
            features=passed.features.float(),
            logits=passed.logits.float(),
            losses=losses,
            head=passed.head,
            labels=blend.of(labels) if blend else labels,
            batch=passed.batch,
            maps=tuple(replace(found, values=found.values.float()) for found in passed.maps),
            rows=rows,
            partner=blend.partner if blend else None,
            share=blend.share if blend else 1.0,
        )


def _start(source: Backbone, trained: Backbone, head: LinearHead, examples: Examples, settings: Settings) -> Start:
    return Start(
        source=source,
        trained=trained,
        head=head,
        features=examples.features,
        targets=examples.targets,
        classifier=examples.classifier,
        taught=examples.taught,
        domains=examples.domains,
        look=examples.look,
        device=accelerator().device,
        running=lambda: autocast(settings.dtype),
    )
