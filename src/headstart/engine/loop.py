"""The supervised loop: labelled batches through the trainable blocks and the head, epoch by epoch.

Every epoch is a pure function of (weights and moments so far, seed, epoch number): the order of items, the views and
dropout are drawn from generators seeded by these two numbers. A run killed anywhere therefore resumes from the last
epoch that it kept and ends in the same weights; on a GPU, whose sums vary in order, in the same up to rounding.

Training starts at the boundary of the frozen blocks (`Backbone.upper`); `frozen.py` keeps what lies below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.errors import HeadstartError
from headstart.core.progress import Progress, Stage
from headstart.core.training import InputStrategy, Penalty, Preparation, Seen, steps_per_epoch
from headstart.engine.blend import Blend
from headstart.engine.checkpoint import Reached, Spacing, load_checkpoint, save_checkpoint
from headstart.engine.device import accelerated, accelerator, autocast
from headstart.engine.draws import balanced
from headstart.engine.examples import Examples, Settings
from headstart.engine.freeze import opened, training_mode, unmoved_state
from headstart.engine.inputs import mixed
from headstart.engine.network import Network, Passed, held_logits
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


class Loop:
    """Epoch by epoch at ``CALMER ** calmed`` times the strategy's rate."""

    def __init__(
        self,
        strategy: InputStrategy,
        preparation: Preparation,
        backbone: Backbone,
        head: LinearHead,
        examples: Examples,
        settings: Settings,
        *,
        penalty: Penalty | None,
        calmed: int,
    ) -> None:
        self._schedule = strategy.schedule
        self._preparation = preparation
        self._backbone = backbone
        self._examples = examples
        self._settings = settings
        self._penalty = penalty
        self._calmed = calmed
        self._model = Network(backbone, head, preparation.frozen_blocks, penalty)
        self._unmoved = frozenset(f"body.{name}" for name in unmoved_state(backbone, preparation))
        self._waits = strategy.schedule.patience > 0 and len(examples.held_rows) > 0
        self._steps = steps_per_epoch(len(examples.rows), strategy.schedule.batch_size)
        self._rate = strategy.schedule.rate_scale * backbone.info.rate * CALMER**calmed

    def head(self) -> LinearHead:
        """As training left it."""
        return self._model.linear_head()

    def run(self, progress: Progress, name: str) -> tuple[float, ...]:
        """Train; the mean loss of each epoch.

        Raises:
            Unstable: something stopped being a number; what is trained is of no use then.
        """
        schedule, path, spacing = self._schedule, self._settings.checkpoint, Spacing()
        network = self._model
        given = optimizer_of(network.body, network.head, self._preparation, network.beside)
        with (
            accelerated(self._model, given) as (running, optimizer),
            progress.stage(name, total=schedule.epochs * self._steps) as stage,
        ):
            reached = Reached(calmed=self._calmed)
            if path:
                reached = load_checkpoint(path, self._model, optimizer, self._calmed, self._unmoved)
            stage.advance(reached.epochs * self._steps)
            while reached.epochs < schedule.epochs and not self._done(reached):
                total = self._epoch(running, optimizer, reached.epochs, stage)
                reached = reached.after(total / len(self._examples.rows))
                if self._waits:
                    reached = reached.seen(self._held_loss(running, reached.epochs), self._moved())
                ended = reached.epochs == schedule.epochs or self._done(reached)
                if path and (self._settings.kept if ended else spacing.due()):
                    with spacing.keeping():
                        save_checkpoint(path, self._model, optimizer, reached, self._unmoved)
            stage.advance((schedule.epochs - reached.epochs) * self._steps)
        if reached.best:
            self._model.load_state_dict({**self._model.state_dict(), **reached.best})
        return reached.losses

    def _done(self, reached: Reached) -> bool:
        """Whether patience has come to its end."""
        return self._waits and reached.waited >= self._schedule.patience

    def _moved(self) -> dict[str, torch.Tensor]:
        """What training changes."""
        return {name: tensor for name, tensor in self._model.state_dict().items() if name not in self._unmoved}

    def _held_loss(self, running: nn.Module, epoch: int) -> float:
        """The loss on what is held out, after so many epochs."""
        self._model.eval()
        logits = held_logits(running, self._examples, self._schedule.batch_size, self._settings.dtype)
        loss = self._examples.held_loss(logits)
        if not math.isfinite(loss):
            raise Unstable(epoch)
        return loss

    def _epoch(self, running: nn.Module, optimizer: torch.optim.Optimizer, epoch: int, stage: Stage) -> float:
        """The summed loss of an epoch."""
        schedule, seed = self._schedule, self._settings.seed
        training_mode(self._backbone, opened(self._preparation, epoch, schedule.epochs), self._preparation)
        torch.manual_seed(mixed(seed, epoch))
        rows = self._examples.rows
        drawn = balanced(self._examples.targets, seed, epoch) if schedule.balanced else np.arange(len(rows))
        batches = self._examples.inputs.epoch(rows[drawn], seed=seed, epoch=epoch, size=schedule.batch_size)
        total = 0.0
        for step, (chosen, batch) in enumerate(batches):
            set_rates(optimizer, self._rate, schedule, epoch * self._steps + step, self._steps)
            loss = self._step(running, optimizer, batch, torch.from_numpy(drawn)[chosen])
            if not math.isfinite(loss):
                raise Unstable(epoch + 1)
            total += loss * len(chosen)
            stage.advance()
        # The last step of an epoch has been seen by no loss yet.
        if not all(torch.isfinite(weight).all() for weight in self._model.parameters()):
            raise Unstable(epoch + 1)
        return total

    def _step(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        batch: Mapping[str, torch.Tensor],
        rows: torch.Tensor,
    ) -> float:
        """One step down the gradient; NaN, and no step, where loss, penalty or gradient is not a number."""
        alpha, targets = self._schedule.mixup, self._examples.targets_at(rows)
        blend = Blend.drawn(alpha, len(targets)) if alpha else None
        with autocast(self._settings.dtype):
            passed = model(batch, blend)
        loss = self._loss(passed.logits.float(), targets, blend)
        value = loss.item()
        if not math.isfinite(value):
            return math.nan
        if self._penalty is not None:
            loss = loss + self._penalty.loss(self._seen(passed, rows, blend))
        accelerator().backward(loss)
        norm = accelerator().clip_grad_norm_(model.parameters(), CLIP)
        if norm is not None and not math.isfinite(float(norm)):
            return math.nan
        if self._preparation.by_gradient:
            scale_by_gradient(optimizer)
        optimizer.step()
        optimizer.zero_grad()
        return value

    def _loss(self, logits: torch.Tensor, targets: torch.Tensor, blend: Blend | None) -> torch.Tensor:
        """The mean loss of a batch; of a blended one, that of both targets of every item."""
        smoothing = self._schedule.smoothing
        own = self._examples.loss(logits, targets, smoothing)
        if blend is None:
            return own
        other = self._examples.loss(logits, targets[blend.partner.to(targets.device)], smoothing)
        return blend.share * own + (1 - blend.share) * other

    def _seen(self, passed: Passed, rows: torch.Tensor, blend: Blend | None) -> Seen:
        labels = nn.functional.one_hot(self._examples.targets_at(rows), self._model.head.out_features).float()
        return Seen(
            features=passed.features.float(),
            logits=passed.logits.float(),
            head=self._model.head.weight,
            labels=blend.of(labels) if blend else labels,
            batch=passed.batch,
            maps=tuple(replace(found, values=found.values.float()) for found in passed.maps),
            rows=rows,
            partner=blend.partner if blend else None,
            share=blend.share if blend else 1.0,
        )
