"""Parameter groups of the optimiser and their learning rates, as functions of the step and, if asked, of gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import nn

from headstart.core.training import Preparation, Schedule


def optimizer_of(
    body: nn.Module,
    head: nn.Module,
    preparation: Preparation,
    beside: nn.Module | None = None,
    rate_beside: float = 1.0,
) -> torch.optim.AdamW:
    """AdamW in one sweep over weights and moments (3.6 million parameters, one thread: 5 ms a step, 37 ms in many)."""
    return torch.optim.AdamW(groups_of(body, head, preparation, beside, rate_beside), fused=True)


def groups_of(
    body: nn.Module,
    head: nn.Module,
    preparation: Preparation,
    beside: nn.Module | None = None,
    rate_beside: float = 1.0,
) -> list[dict[str, Any]]:
    """Optimiser groups. Norm weights and biases are never decayed: shrinking them only fights the normalisation.

    Each has its ``rate``, the share of the epochs ``since`` which it moves, and the number of the strategy's group it
    is part of; those of the head, and of what is trained ``beside`` it, have none.
    """
    parameters = dict(body.named_parameters())
    groups: list[dict[str, Any]] = []

    def add(members: Sequence[nn.Parameter], rate: float, decay: float, since: float, of: int | None) -> None:
        for chosen, weight_decay in (
            ([p for p in members if p.ndim > 1], decay),
            ([p for p in members if p.ndim <= 1], 0.0),
        ):
            if chosen:
                kind = {"rate": rate, "weight_decay": weight_decay, "since": since, "of": of}
                groups.append({"params": chosen, "lr": 0.0, **kind})

    for number, group in enumerate(preparation.groups):
        members = [parameters[name] for name in group.parameters]
        add(members, group.rate, group.weight_decay, group.since, number)
    add(list(head.parameters()), preparation.head_rate, 0.0, 0.0, None)
    if beside is not None:
        add(list(beside.parameters()), rate_beside, 0.0, 0.0, None)
    return groups


def set_rates(
    optimizer: torch.optim.Optimizer, base_rate: float, schedule: Schedule, step: int, steps_per_epoch: int
) -> None:
    """Linear warm-up over ``warmup_steps``, then cosine decay, times each group's rate; the step after the last would
    have none.

    A group that joins later warms up over as many steps from there: its moments are empty, too.
    """
    last = schedule.epochs * steps_per_epoch
    for group in optimizer.param_groups:
        own = step - first_epoch(group["since"], schedule.epochs) * steps_per_epoch
        group["lr"] = base_rate * group["rate"] * _factor(step, own, last, min(schedule.warmup_steps, last // 2))


def first_epoch(since: float, epochs: int) -> int:
    """The epoch in which a group starts to move that waits for the share ``since`` of them: the last at the latest."""
    return min(epochs - 1, math.ceil(since * epochs - 1e-9))


def _factor(step: int, own: int, last: int, warmup: int) -> float:
    """``own`` are the steps since the group joined; below zero it does not move."""
    if own < 0:
        return 0.0
    risen = min(1.0, (own + 1) / warmup) if warmup else 1.0
    fallen = 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, last - warmup))) if step >= warmup else 1.0
    return risen * fallen


@torch.no_grad()
def scale_by_gradient(optimizer: torch.optim.Optimizer) -> None:
    """Multiply the rate of every group of the body by its relative gradient norm ``||g|| / ||w||`` over the largest.

    After Auto-RGN of surgical fine-tuning (Lee et al. 2023, arXiv 2210.11466, section 4): what the task pulls at
    hardest, for its size, moves most. The head keeps its rate.
    """
    members: dict[int, list[nn.Parameter]] = {}
    for group in optimizer.param_groups:
        if group["of"] is not None:
            members.setdefault(group["of"], []).extend(p for p in group["params"] if p.grad is not None)
    ratios = {number: _norm(p.grad for p in found) / max(_norm(found), 1e-12) for number, found in members.items()}
    largest = max(ratios.values(), default=0.0)
    for group in optimizer.param_groups:
        if group["of"] is not None and largest > 0:
            group["lr"] *= ratios[group["of"]] / largest


def _norm(tensors: Iterable[torch.Tensor | None]) -> float:
    found = [tensor for tensor in tensors if tensor is not None]
    return float(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(t) for t in found]))) if found else 0.0
