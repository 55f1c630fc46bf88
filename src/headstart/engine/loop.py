"""The supervised loop: labelled batches through the trainable blocks and the head, epoch by epoch.

Every epoch is a pure function of (weights and moments so far, seed, epoch number): the order of items, the views and
dropout are drawn from generators seeded by these two numbers. A run killed anywhere therefore resumes from its last
finished epoch and ends in the same weights; on a GPU, whose sums vary in order, in the same up to rounding.

Training starts at the boundary of the frozen blocks (`Backbone.upper`); `frozen.py` keeps what lies below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.errors import HeadstartError
from headstart.core.progress import Progress, Stage
from headstart.core.task import Task
from headstart.core.training import InputStrategy, Penalty, Preparation, Seen
from headstart.engine.checkpoint import Reached, load_checkpoint, save_checkpoint
from headstart.engine.device import accelerated, accelerator, autocast
from headstart.engine.freeze import opened, training_mode, unmoved_state
from headstart.engine.inputs import Inputs, mixed
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


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What to train on: the items ``rows (n,)`` of ``inputs``, their targets ``(n,)``, and their classes' weights.

    ``inputs`` start at the strategy's boundary of the very body that is trained.
    """

    inputs: Inputs
    rows: NDArray[np.int64]
    targets: NDArray[np.int64]
    task: Task
    class_weights: Sequence[float]

    def targets_at(self, positions: torch.Tensor) -> torch.Tensor:
        """Targets ``(B,)`` of the rows at ``positions (B,)``, on the device."""
        return torch.from_numpy(self.targets[positions.numpy()]).to(accelerator().device)

    def loss(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The mean loss of ``logits (B, outputs)``."""
        weights = torch.tensor(self.class_weights, dtype=torch.float32, device=logits.device)
        return self.task.loss(logits, targets, weights)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a fit is run, beside what its strategy says.

    ``dtype`` is what is multiplied in; weights, normalisation and the loss are float32 in any case. With a
    ``checkpoint`` a killed fit goes on after its last finished epoch.
    """

    seed: int
    dtype: torch.dtype = torch.float32
    checkpoint: Path | None = None


class _Model(nn.Module):
    """Body and head as one module, so that one optimiser and one checkpoint hold both."""

    def __init__(self, backbone: Backbone, head: LinearHead, boundary: int) -> None:
        super().__init__()
        self.body = backbone.module
        self.head = nn.Linear(head.weight.shape[1], head.weight.shape[0])
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(head.weight))
            self.head.bias.copy_(torch.from_numpy(head.bias))
        self._encode = backbone.encode
        self._upper = backbone.upper
        self._boundary = boundary

    def forward(self, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Features ``(B, D)`` and logits ``(B, C)``."""
        features = self._upper(batch, self._boundary) if self._boundary else self._encode(batch)
        return features, self.head(features)


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
        self._model = _Model(backbone, head, preparation.frozen_blocks)
        self._unmoved = frozenset(f"body.{name}" for name in unmoved_state(backbone, preparation))
        self._steps = _steps_per_epoch(len(examples.rows), strategy.schedule.batch_size)
        self._rate = strategy.schedule.rate_scale * backbone.info.rate * CALMER**calmed

    def head(self) -> LinearHead:
        """As training left it."""
        return _head_of(self._model)

    def run(self, progress: Progress, name: str) -> tuple[float, ...]:
        """Train; the mean loss of each epoch.

        Raises:
            Unstable: something stopped being a number; what is trained is of no use then.
        """
        schedule, path = self._schedule, self._settings.checkpoint
        given = optimizer_of(self._model.body, self._model.head, self._preparation)
        with (
            accelerated(self._model, given) as (running, optimizer),
            progress.stage(name, total=schedule.epochs * self._steps) as stage,
        ):
            reached = Reached(calmed=self._calmed)
            if path:
                reached = load_checkpoint(path, self._model, optimizer, self._calmed, self._unmoved)
            stage.advance(reached.epochs * self._steps)
            while reached.epochs < schedule.epochs:
                total = self._epoch(running, optimizer, reached.epochs, stage)
                reached = reached.after(total / len(self._examples.rows))
                if path and reached.epochs < schedule.epochs:
                    save_checkpoint(path, self._model, optimizer, reached, self._unmoved)
        return reached.losses

    def _epoch(self, running: nn.Module, optimizer: torch.optim.Optimizer, epoch: int, stage: Stage) -> float:
        """The summed loss of an epoch."""
        schedule, seed = self._schedule, self._settings.seed
        training_mode(self._backbone, opened(self._preparation, epoch, schedule.epochs), self._preparation)
        torch.manual_seed(mixed(seed, epoch))
        batches = self._examples.inputs.epoch(self._examples.rows, seed=seed, epoch=epoch, size=schedule.batch_size)
        total = 0.0
        for step, (chosen, batch) in enumerate(batches):
            set_rates(optimizer, self._rate, schedule, epoch * self._steps + step, self._steps)
            loss = self._step(running, optimizer, batch, self._examples.targets_at(chosen))
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
        targets: torch.Tensor,
    ) -> float:
        """One step down the gradient; NaN, and no step, where loss, penalty or gradient is not a number."""
        with autocast(self._settings.dtype):
            features, logits = model(batch)
        loss = self._examples.loss(logits.float(), targets)
        value = loss.item()
        if not math.isfinite(value):
            return math.nan
        if self._penalty is not None:
            loss = loss + self._penalty.loss(Seen(features=features.float(), head=self._model.head.weight))
        accelerator().backward(loss)
        norm = accelerator().clip_grad_norm_(model.parameters(), CLIP)
        if norm is not None and not math.isfinite(float(norm)):
            return math.nan
        if self._preparation.by_gradient:
            scale_by_gradient(optimizer)
        optimizer.step()
        optimizer.zero_grad()
        return value


def _steps_per_epoch(count: int, size: int) -> int:
    full, rest = divmod(count, size)
    return max(1, full + (rest > 1))


def _head_of(model: nn.Module) -> LinearHead:
    weight, bias = model.get_parameter("head.weight"), model.get_parameter("head.bias")
    return LinearHead(weight=weight.detach().double().cpu().numpy(), bias=bias.detach().double().cpu().numpy())
