"""Batches of two streams that every method that trains the body meets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from headstart.core.backbone import LinearHead
from headstart.core.two_stream import DomainBatch, Objective, Stream

WIDTH, CLASSES = 4, 3
HEAD = LinearHead(weight=np.random.default_rng(7).normal(size=(CLASSES, WIDTH)), bias=np.array([0.1, -0.2, 0.1]))


def logits(features: torch.Tensor) -> torch.Tensor:
    return features @ torch.from_numpy(HEAD.weight).to(features).T + torch.from_numpy(HEAD.bias).to(features)


def rows(count: int, seed: int, away: float = 0.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, WIDTH, generator=generator, dtype=torch.float64) + away


def batch(
    source: torch.Tensor, target: torch.Tensor, labels: torch.Tensor | None = None, progress: float = 0.9
) -> DomainBatch:
    """Of features of both sides; the head is `HEAD`."""
    labels = logits(source).argmax(dim=1) if labels is None else labels
    sides = [Stream(features=each, logits=logits(each)) for each in (source, target)]
    return DomainBatch(source=sides[0], target=sides[1], labels=labels, progress=progress)


def exact(objective: Objective) -> Objective:
    """What is trained beside it in float64."""
    if objective.module is not None:
        objective.module.double()
    return objective


def slopes_are_right(loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], count: int = 5) -> bool:
    """Whether the gradients for the features of both sides are those of finite differences."""
    given = [rows(count, seed, away).requires_grad_() for seed, away in ((1, 0.0), (2, 0.7))]
    return torch.autograd.gradcheck(loss, given, eps=1e-6, atol=1e-5)
