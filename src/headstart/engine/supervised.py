"""The supervised loop: labelled batches through the trainable blocks and the head.

Every epoch is a pure function of (weights and moments so far, seed, epoch number): the order of items, the views and
dropout are drawn from generators seeded by these two numbers. A run killed anywhere therefore resumes from its last
finished epoch and ends in the same weights.

While blocks are frozen their outputs never change, so they are computed once per view and training starts at the
boundary (`Backbone.lower`, `Backbone.upper`).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.errors import HeadstartError
from headstart.core.progress import Progress
from headstart.core.strategy import InputStrategy, ParamGroup, Preparation, Schedule
from headstart.core.task import Task
from headstart.engine.checkpoint import load_checkpoint, save_checkpoint
from headstart.engine.device import accelerator, autocast, fast_dtype, keep_freed_memory, prepared
from headstart.engine.features import readying
from headstart.engine.freeze import trainable_only, training_mode
from headstart.engine.items import Items

BUCKET = 8
"""Batches whose items are sorted by length together: padding shrinks while the order stays random."""
CLIP = 1.0
"""Largest gradient norm."""
VIEWS = 8
"""Different random views of an item in training; epoch e shows view e modulo this."""


class Diverged(HeadstartError):
    """The loss became infinite or NaN."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A trained copy of the backbone (float32, evaluation mode), its head, and the mean loss of each epoch."""

    backbone: Backbone
    head: LinearHead
    losses: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What to train on: ``N`` items, their targets ``(N,)``, the task, and the weight of each class in its loss."""

    items: Items
    targets: NDArray[np.int64]
    task: Task
    class_weights: Sequence[float]


class _Model(nn.Module):
    """Body and head as one module, so that one optimiser and one checkpoint hold both."""

    def __init__(self, backbone: Backbone, head: LinearHead) -> None:
        super().__init__()
        self.body = backbone.module
        self.head = nn.Linear(head.weight.shape[1], head.weight.shape[0])
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(head.weight))
            self.head.bias.copy_(torch.from_numpy(head.bias))
        self._encode = backbone.encode
        self._upper = backbone.upper

    def forward(self, batch: Mapping[str, torch.Tensor], boundary: int) -> torch.Tensor:
        features = self._upper(batch, boundary) if boundary else self._encode(batch)
        return self.head(features)


def fit(
    strategy: InputStrategy,
    backbone: Backbone,
    head: LinearHead,
    examples: Examples,
    *,
    seed: int,
    checkpoint: Path | None = None,
    progress: Progress,
    name: str = "train",
) -> Fitted:
    """Train a copy of ``backbone`` and ``head`` as ``strategy`` prepares it; the arguments are left untouched.

    Raises:
        Diverged: the loss stopped being a number (the message says in which epoch and what to change).
        UserError: the strategy would train nothing.
    """
    keep_freed_memory()
    backbone = copy.deepcopy(backbone)
    preparation = strategy.prepare(backbone)
    trainable_only(backbone, preparation)
    model = _Model(backbone, head)
    optimizer = torch.optim.AdamW(_groups(model, preparation))
    model, optimizer = accelerator().prepare(model, optimizer)
    inputs = _Inputs(backbone, preparation.frozen_blocks, examples.items, strategy.schedule.views)
    done, losses = load_checkpoint(checkpoint, model, optimizer) if checkpoint else (0, [])
    weights = torch.tensor(examples.class_weights, dtype=torch.float32, device=accelerator().device)
    targets = torch.from_numpy(examples.targets)
    base_rate = strategy.schedule.rate_scale * backbone.info.rate
    steps = _steps_per_epoch(len(examples.items), strategy.schedule.batch_size)
    with torch.random.fork_rng(), progress.stage(name, total=strategy.schedule.epochs * steps) as stage:
        stage.advance(done * steps)
        for epoch in range(done, strategy.schedule.epochs):
            training_mode(backbone, preparation)
            torch.manual_seed(_mix(seed, epoch))
            total = 0.0
            for step, (chosen, batch) in enumerate(inputs.epoch(seed, epoch, strategy.schedule.batch_size)):
                _set_rates(optimizer, base_rate, strategy.schedule, epoch * steps + step, steps)
                with autocast(fast_dtype()):
                    logits = model(batch, preparation.frozen_blocks)
                loss = examples.task.loss(logits.float(), targets[chosen].to(logits.device), weights)
                if not math.isfinite(loss.item()):
                    raise Diverged(
                        f"Training diverged in epoch {epoch + 1} (the loss is {loss.item()}): a learning rate of "
                        f"{base_rate:g} is too high for this model. Lower it or choose another "
                        "strategy."
                    )
                accelerator().backward(loss)
                accelerator().clip_grad_norm_(model.parameters(), CLIP)
                optimizer.step()
                optimizer.zero_grad()
                total += loss.item() * len(chosen)
                stage.advance()
            losses.append(total / len(examples.items))
            if checkpoint and epoch + 1 < strategy.schedule.epochs:
                save_checkpoint(checkpoint, accelerator().unwrap_model(model), optimizer, epoch + 1, losses)
    backbone.module.eval().requires_grad_(False)
    return Fitted(backbone=backbone, head=_head_of(accelerator().unwrap_model(model)), losses=tuple(losses))


class _Inputs:
    """Batches of an epoch, from decoded items or, above frozen blocks, from their stored activations."""

    LARGEST = 2 * 1024**3
    """Bytes of activations held in memory; beyond it the frozen blocks are run again in every epoch."""

    def __init__(self, backbone: Backbone, boundary: int, items: Items, views: bool) -> None:
        self._backbone = backbone
        self._boundary = boundary
        self._items = items
        self._views = views
        self._stored: dict[int, dict[str, torch.Tensor]] = {}

    def epoch(self, seed: int, epoch: int, size: int) -> Iterator[tuple[torch.Tensor, Mapping[str, torch.Tensor]]]:
        """Positions ``(B,)`` and the batch for `_Model.forward`, for every batch of the epoch."""
        groups = _order(self._items.lengths, size, np.random.default_rng(_mix(seed, epoch)))
        view = epoch % VIEWS if self._views else None
        if self._boundary and self._backbone.fixed_shapes and self._fits():
            stored = self._activations(view)
            for group in groups:
                chosen = torch.from_numpy(group)
                yield chosen, {name: _to(tensor[chosen]) for name, tensor in stored.items()}
            return
        for group, batch in zip(groups, self._batches(groups, view), strict=True):
            yield torch.from_numpy(group), self._lower(batch) if self._boundary else batch

    def _activations(self, view: int | None) -> dict[str, torch.Tensor]:
        key = -1 if view is None else view
        if key not in self._stored:
            groups = np.array_split(np.arange(len(self._items)), math.ceil(len(self._items) / 32))
            parts = [self._lower(batch) for batch in self._batches(groups, view)]
            self._stored[key] = {name: torch.cat([part[name].cpu() for part in parts]) for name in parts[0]}
        return self._stored[key]

    def _fits(self) -> bool:
        sample = self._lower(next(self._batches([np.arange(1)], None)))
        one = sum(tensor.nbytes for tensor in sample.values())
        return one * len(self._items) * (VIEWS if self._views else 1) <= self.LARGEST

    def _lower(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        with torch.no_grad(), autocast(fast_dtype()):
            return self._backbone.lower(batch, self._boundary)

    def _batches(self, groups: Sequence[NDArray[np.int64]], view: int | None) -> Iterator[dict[str, torch.Tensor]]:
        preprocess = self._backbone.preprocess
        for ready in prepared([readying(preprocess, self._items, group, view) for group in groups]):
            yield {name: _to(tensor) for name, tensor in preprocess.collate(ready).items()}


def _to(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(accelerator().device)


def _order(lengths: NDArray[np.int64], size: int, random: np.random.Generator) -> list[NDArray[np.int64]]:
    """Random batches of ``size`` whose members have similar lengths; a last batch of one joins its neighbour.

    BatchNorm cannot normalise a batch of one, and a step on a single item is mostly noise.
    """
    shuffled = random.permutation(len(lengths))
    groups: list[NDArray[np.int64]] = []
    for start in range(0, len(shuffled), size * BUCKET):
        bucket = shuffled[start : start + size * BUCKET]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        groups += [bucket[i : i + size] for i in range(0, len(bucket), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        last = groups.pop()
        groups[-1] = np.concatenate([groups[-1], last])
    return [groups[i] for i in random.permutation(len(groups))]


def _steps_per_epoch(count: int, size: int) -> int:
    full, rest = divmod(count, size)
    return max(1, full + (rest > 1))


def _groups(model: _Model, preparation: Preparation) -> list[dict[str, object]]:
    """Optimiser groups. Norm weights and biases are never decayed: shrinking them only fights the normalisation."""
    parameters = dict(model.body.named_parameters())
    groups: list[dict[str, object]] = []

    def add(members: Sequence[nn.Parameter], rate: float, decay: float) -> None:
        for chosen, weight_decay in (
            ([p for p in members if p.ndim > 1], decay),
            ([p for p in members if p.ndim <= 1], 0.0),
        ):
            if chosen:
                groups.append({"params": chosen, "lr": 0.0, "rate": rate, "weight_decay": weight_decay})

    group: ParamGroup
    for group in preparation.groups:
        add([parameters[name] for name in group.parameters], group.rate, group.weight_decay)
    add(list(model.head.parameters()), preparation.head_rate, 0.0)
    return groups


def _set_rates(
    optimizer: torch.optim.Optimizer, base_rate: float, schedule: Schedule, step: int, steps_per_epoch: int
) -> None:
    """Linear warm-up over ``warmup_steps``, then cosine decay to zero at the last step, times each group's rate."""
    last = schedule.epochs * steps_per_epoch
    warmup = min(schedule.warmup_steps, last // 2)
    if step < warmup:
        factor = (step + 1) / warmup
    else:
        factor = 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, last - warmup)))
    for group in optimizer.param_groups:
        group["lr"] = base_rate * group["rate"] * factor


def _head_of(model: nn.Module) -> LinearHead:
    weight, bias = model.get_parameter("head.weight"), model.get_parameter("head.bias")
    return LinearHead(weight=weight.detach().double().cpu().numpy(), bias=bias.detach().double().cpu().numpy())


def _mix(seed: int, epoch: int) -> int:
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
