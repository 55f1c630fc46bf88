"""Activations by position."""

from __future__ import annotations

import torch

from headstart.core.backbone import Dense


def at_one(features: torch.Tensor) -> Dense:
    """Pooled features ``(B, D)``."""
    return evenly(features[:, None])


def evenly(values: torch.Tensor) -> Dense:
    """``values (B, P, C)`` whose positions count the same."""
    return Dense(values=values, weights=torch.full(values.shape[:2], 1.0 / values.shape[1], device=values.device))


def masked(values: torch.Tensor, mask: torch.Tensor) -> Dense:
    """``values (B, P, C)`` whose positions count where ``mask (B, P)`` is 1."""
    weights = mask.to(torch.float32)
    return Dense(values=values, weights=weights / weights.sum(dim=1, keepdim=True))
