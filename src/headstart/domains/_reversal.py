"""Adversaries by gradient reversal."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

HIDDEN = 256
"""Units in each hidden layer of a discriminator."""


class _Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, strength: float) -> torch.Tensor:
        ctx.strength = strength
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None]:
        return -ctx.strength * grads[0], None


def reversed_gradient(values: torch.Tensor, strength: float) -> torch.Tensor:
    """``values`` as they are, whose gradient comes back times ``-strength``: what lies behind learns the opposite of
    what lies before (Ganin and Lempitsky 2015, arXiv 1409.7495).
    """
    found = _Reversed.apply(values, strength)
    assert isinstance(found, torch.Tensor)
    return found


def rising(progress: float) -> float:
    """From 0 to 1 in an S, ``2 / (1 + exp(-10 p)) - 1`` (Ganin et al. 2016, arXiv 1505.07818): no adversary is
    listened to before it knows anything.
    """
    return 2.0 / (1.0 + math.exp(-10.0 * progress)) - 1.0


def discriminator(width: int) -> nn.Module:
    """Tells from ``(B, width)`` which domain items are of: logits ``(B, 1)``."""
    return nn.Sequential(
        nn.Linear(width, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1)
    )


def told_apart(
    judge: nn.Module,
    source: torch.Tensor,
    target: torch.Tensor,
    weights: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> torch.Tensor:
    """Mean binary cross-entropy of a ``judge`` of ``source (N, W)`` and ``target (M, W)``; both sides count the same,
    their items by ``weights (N,)`` and ``(M,)``.
    """
    losses = (
        nn.functional.softplus(-judge(source)).squeeze(1),
        nn.functional.softplus(judge(target)).squeeze(1),
    )
    if weights is None:
        return 0.5 * (losses[0].mean() + losses[1].mean())
    sides = [(weight * loss).sum() / weight.sum() for weight, loss in zip(weights, losses, strict=True)]
    return 0.5 * (sides[0] + sides[1])
