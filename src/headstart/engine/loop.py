"""The supervised loop: labelled batches through the trainable blocks and the head, epoch by epoch.

Every epoch is a pure function of (weights and moments so far, seed, epoch number): the order of items, the views and
dropout are drawn from generators seeded by these two numbers. A run killed anywhere therefore resumes from its last
finished epoch and ends in the same weights; on a GPU, whose sums vary in order, in the same up to rounding.

Training starts at the boundary of the frozen blocks (`Backbone.upper`); `frozen.py` keeps what lies below.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from headstart.engine.freeze import frozen_state, opened, training_mode
from headstart.engine.inputs import Inputs, mixed
from headstart.engine.rates import optimizer_of, scale_by_gradient, set_rates

CLIP = 1.0
"""Largest gradient norm."""
CALMER, ATTEMPTS = 0.3, 3
"""What a rate is multiplied by after the loss stopped being a number, and how often that is tried."""


class Diverged(HeadstartError):
    """The loss became infinite or NaN, however slow the steps were made."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What to train on: the items ``rows (n,)`` of ``inputs``, their targets ``(n,)``, and their classes' weights.

    ``inputs`` start at the strategy's boundary of the very body that is trained. ``features`` gives what the body
    before training makes of the items, ``(n, D)``; asked for by penalties only.
    """

    inputs: Inputs
    rows: NDArray[np.int64]
    targets: NDArray[np.int64]
    task: Task
    class_weights: Sequence[float]
    features: Callable[[], NDArray[np.floating]] | None = None

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
    """Body, head and what a penalty trains as one module, so that one optimiser and one checkpoint hold all."""

    def __init__(self, backbone: Backbone, head: LinearHead, boundary: int, beside: nn.Module | None = None) -> None:
        super().__init__()
        self.body = backbone.module
        self.head = nn.Linear(head.weight.shape[1], head.weight.shape[0])
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(head.weight))
            self.head.bias.copy_(torch.from_numpy(head.bias))
        self.beside = beside
        self._encode = backbone.encode
        self._upper = backbone.upper
        self._boundary = boundary

    def forward(self, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Features ``(B, D)`` and logits ``(B, C)``."""
        features = self._upper(batch, self._boundary) if self._boundary else self._encode(batch)
        return features, self.head(features)


class Loop:
    """Epoch by epoch, with what is needed to go back to the last good one."""

    def __init__(
        self,
        strategy: InputStrategy,
        preparation: Preparation,
        backbone: Backbone,
        head: LinearHead,
        examples: Examples,
        settings: Settings,
        penalty: Penalty | None,
    ) -> None:
        self._schedule = strategy.schedule
        self._preparation = preparation
        self._backbone = backbone
        self._examples = examples
        self._settings = settings
        self._penalty = penalty
        beside = penalty.module if penalty else None
        self._model = _Model(backbone, head, preparation.frozen_blocks, beside)
        self._frozen = frozenset(f"body.{name}" for name in frozen_state(backbone, preparation.frozen_blocks))
        self._steps = _steps_per_epoch(len(examples.rows), strategy.schedule.batch_size)
        self._base_rate = strategy.schedule.rate_scale * backbone.info.rate

    def head(self) -> LinearHead:
        """As training left it."""
        return _head_of(self._model)

    def run(self, progress: Progress, name: str) -> list[float]:
        """Train; the mean loss of each epoch.

        Raises:
            Diverged: the loss stopped being a number at every rate that was tried.
        """
        schedule, path = self._schedule, self._settings.checkpoint
        given = optimizer_of(self._model.body, self._model.head, self._preparation, self._model.beside)
        with (
            accelerated(self._model, given) as (running, optimizer),
            progress.stage(name, total=schedule.epochs * self._steps) as stage,
        ):
            reached = Reached()
            if path:
                reached = load_checkpoint(path, self._model, optimizer, self._frozen)
            stage.advance(reached.epochs * self._steps)
            good = self._state(optimizer)
            while reached.epochs < schedule.epochs:
                total = self._epoch(running, optimizer, reached, stage)
                if total is None:
                    reached = self._calmer(reached, progress)
                    self._restore(good, optimizer)
                    continue
                reached = reached.after(total / len(self._examples.rows))
                good = self._state(optimizer)
                if path and reached.epochs < schedule.epochs:
                    save_checkpoint(path, self._model, optimizer, reached, self._frozen)
        return list(reached.losses)

    def _epoch(
        self, running: nn.Module, optimizer: torch.optim.Optimizer, reached: Reached, stage: Stage
    ) -> float | None:
        """The summed loss of the next epoch; None if it stopped being a number."""
        epoch, schedule, seed = reached.epochs, self._schedule, self._settings.seed
        training_mode(self._backbone, opened(self._preparation, epoch, schedule.epochs), self._preparation)
        torch.manual_seed(mixed(seed, epoch))
        batches = self._examples.inputs.epoch(self._examples.rows, seed=seed, epoch=epoch, size=schedule.batch_size)
        total = 0.0
        for step, (chosen, batch) in enumerate(batches):
            rate = self._base_rate * CALMER**reached.calmed
            set_rates(optimizer, rate, schedule, epoch * self._steps + step, self._steps)
            loss = self._step(running, optimizer, batch, self._examples.targets_at(chosen))
            if not math.isfinite(loss):
                stage.advance(-step)
                return None
            total += loss * len(chosen)
            stage.advance()
        return total

    def _step(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        batch: Mapping[str, torch.Tensor],
        targets: torch.Tensor,
    ) -> float:
        """One step down the gradient; a loss that is not a number is returned before it reaches the weights."""
        with autocast(self._settings.dtype):
            features, logits = model(batch)
        loss = self._examples.loss(logits.float(), targets)
        value = loss.item()
        if self._penalty is not None:
            seen = Seen(batch=batch, features=features.float(), head=self._model.head.weight, targets=targets)
            loss = loss + self._penalty.loss(seen)
            value = value if math.isfinite(loss.item()) else math.nan
        if math.isfinite(value):
            accelerator().backward(loss)
            accelerator().clip_grad_norm_(model.parameters(), CLIP)
            if self._preparation.by_gradient:
                scale_by_gradient(optimizer)
            optimizer.step()
            optimizer.zero_grad()
        return value

    def _calmer(self, reached: Reached, progress: Progress) -> Reached:
        rate, epoch = self._base_rate * CALMER**reached.calmed, reached.epochs + 1
        if reached.calmed == ATTEMPTS:
            raise Diverged(
                f"Training diverged in epoch {epoch} (the loss is not a number), also at a learning rate of {rate:g}: "
                "this model cannot be trained so. Choose another strategy, or look for items with extreme values."
            )
        progress.say(f"The loss stopped being a number in epoch {epoch}: back to its start, at {CALMER:g} of the rate.")
        return reached.calmer()

    def _state(self, optimizer: torch.optim.Optimizer) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """A copy of what training changes."""
        weights = {n: t.clone() for n, t in self._model.state_dict().items() if n not in self._frozen}
        return weights, copy.deepcopy(optimizer.state_dict())

    def _restore(self, good: tuple[dict[str, torch.Tensor], dict[str, Any]], optimizer: torch.optim.Optimizer) -> None:
        weights, moments = good
        self._model.load_state_dict(weights, strict=False)
        optimizer.load_state_dict(copy.deepcopy(moments))
        optimizer.zero_grad()


def _steps_per_epoch(count: int, size: int) -> int:
    full, rest = divmod(count, size)
    return max(1, full + (rest > 1))


def _head_of(model: nn.Module) -> LinearHead:
    weight, bias = model.get_parameter("head.weight"), model.get_parameter("head.bias")
    return LinearHead(weight=weight.detach().double().cpu().numpy(), bias=bias.detach().double().cpu().numpy())
