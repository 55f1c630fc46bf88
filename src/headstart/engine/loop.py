"""The loop that trains bodies: batches through the trainable blocks and the head, epoch by epoch. What a step is, a
`Course` says: labelled batches (`supervised.py`) or two streams of them (`two_stream.py`).

Every epoch is a pure function of (weights and moments so far, seed, epoch number): the order of items, the views and
dropout are drawn from generators seeded by these two numbers. A run killed anywhere therefore resumes from the last
epoch that it kept and ends in the same weights; on a GPU, whose sums vary in order, in the same up to rounding.

Training starts at the boundary of the frozen blocks (`Backbone.upper`); `frozen.py` keeps what lies below.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import nn

from headstart.core.backbone import Backbone
from headstart.core.errors import HeadstartError
from headstart.core.progress import Progress, Stage
from headstart.core.training import Preparation, Schedule
from headstart.engine.checkpoint import Reached, Spacing, load_checkpoint, save_checkpoint
from headstart.engine.device import accelerated, accelerator
from headstart.engine.examples import Settings
from headstart.engine.freeze import opened, training_mode, unmoved_state
from headstart.engine.inputs import mixed
from headstart.engine.network import Network
from headstart.engine.rates import optimizer_of, scale_by_gradient, set_rates

CLIP = 1.0
"""Largest gradient norm."""
CALMER, ATTEMPTS = 0.3, 3
"""What the rate is multiplied by when a fit starts over, and how often that is tried."""


class Diverged(HeadstartError):
    """The loss became infinite or NaN, however slow the steps were made."""


class Unstable(Exception):
    """The loss, a gradient or a weight became infinite or NaN; ``epoch`` counts from one."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"in epoch {epoch}")
        self.epoch = epoch


class Step(NamedTuple):
    """What a batch of so many ``items`` says: their mean loss, as a number ``seen`` and with all that is added to it as
    what ``goes`` down; None where the number is none.
    """

    goes: torch.Tensor | None
    seen: float
    items: int


class Course(ABC):
    """What is trained on: ``steps`` batches in every epoch, and what each of them costs."""

    steps: int

    @abstractmethod
    def batches(self, epoch: int) -> Iterator[Any]:
        """The batches of an epoch, a function of its number and of the seed alone."""

    @abstractmethod
    def step(self, running: nn.Module, batch: Any, progress: float) -> Step:
        """One of them through the network; ``progress`` is the share of all steps that are behind."""

    def held_loss(self, running: nn.Module) -> float | None:
        """The loss on what is held out, by the network in evaluation mode; None where nothing is."""
        del running


class Loop:
    """Epoch by epoch through the ``course`` at ``CALMER ** calmed`` times the schedule's rate."""

    def __init__(
        self,
        schedule: Schedule,
        preparation: Preparation,
        backbone: Backbone,
        network: Network,
        course: Course,
        settings: Settings,
        *,
        calmed: int,
    ) -> None:
        self._schedule = schedule
        self._preparation = preparation
        self._backbone = backbone
        self._course = course
        self._settings = settings
        self._calmed = calmed
        self._model = network
        self._unmoved = frozenset(f"body.{name}" for name in unmoved_state(backbone, preparation))
        self._rate = schedule.rate_scale * backbone.info.rate * CALMER**calmed

    def run(self, progress: Progress, name: str) -> tuple[float, ...]:
        """Train; the mean loss of each epoch.

        Raises:
            Unstable: something stopped being a number; what is trained is of no use then.
        """
        schedule, path, spacing = self._schedule, self._settings.checkpoint, Spacing()
        steps, network = self._course.steps, self._model
        given = optimizer_of(network.body, network.head, self._preparation, network.beside, network.rate_beside)
        with (
            accelerated(self._model, given) as (running, optimizer),
            progress.stage(name, total=schedule.epochs * steps) as stage,
        ):
            reached = Reached(calmed=self._calmed)
            if path:
                reached = load_checkpoint(path, self._model, optimizer, self._calmed, self._unmoved)
            stage.advance(reached.epochs * steps)
            while reached.epochs < schedule.epochs and not self._done(reached):
                reached = reached.after(self._epoch(running, optimizer, reached.epochs, stage))
                held = self._held_loss(running, reached.epochs) if schedule.patience > 0 else None
                if held is not None:
                    reached = reached.seen(held, self._moved())
                ended = reached.epochs == schedule.epochs or self._done(reached)
                if path and (self._settings.kept if ended else spacing.due()):
                    with spacing.keeping():
                        save_checkpoint(path, self._model, optimizer, reached, self._unmoved)
            stage.advance((schedule.epochs - reached.epochs) * steps)
        if reached.best:
            self._model.load_state_dict({**self._model.state_dict(), **reached.best})
        return reached.losses

    def _done(self, reached: Reached) -> bool:
        """Whether patience has come to its end."""
        return bool(reached.held) and reached.waited >= self._schedule.patience

    def _moved(self) -> dict[str, torch.Tensor]:
        """What training changes."""
        return {name: tensor for name, tensor in self._model.state_dict().items() if name not in self._unmoved}

    def _held_loss(self, running: nn.Module, epoch: int) -> float | None:
        """The loss on what is held out, after so many epochs."""
        self._model.eval()
        loss = self._course.held_loss(running)
        self._model.train()
        if loss is not None and not math.isfinite(loss):
            raise Unstable(epoch)
        return loss

    def _epoch(self, running: nn.Module, optimizer: torch.optim.Optimizer, epoch: int, stage: Stage) -> float:
        """The mean loss of an epoch."""
        schedule, steps = self._schedule, self._course.steps
        training_mode(self._backbone, opened(self._preparation, epoch, schedule.epochs), self._preparation)
        torch.manual_seed(mixed(self._settings.seed, epoch))
        total, items = 0.0, 0
        for number, batch in enumerate(self._course.batches(epoch), start=epoch * steps):
            set_rates(optimizer, self._rate, schedule, number, steps)
            step = self._course.step(running, batch, number / (schedule.epochs * steps))
            if step.goes is None or not self._down(running, optimizer, step.goes):
                raise Unstable(epoch + 1)
            total, items = total + step.seen * step.items, items + step.items
            stage.advance()
        # The last step of an epoch has been seen by no loss yet.
        if not all(torch.isfinite(weight).all() for weight in self._model.parameters()):
            raise Unstable(epoch + 1)
        return total / items

    def _down(self, model: nn.Module, optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> bool:
        """One step down the gradient, unless that is not a number."""
        accelerator().backward(loss)
        norm = accelerator().clip_grad_norm_(model.parameters(), CLIP)
        if norm is not None and not math.isfinite(float(norm)):
            return False
        if self._preparation.by_gradient:
            scale_by_gradient(optimizer)
        optimizer.step()
        optimizer.zero_grad()
        return True
