"""A low-rank change to one weight."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd


class LowRank(nn.Module):
    """``weight + scale * up @ down`` for a weight of ``shape (out, ...)``, the latter read as a matrix.

    ``down (rank, in)`` is drawn like the weights of a dense layer, ``up (out, rank)`` is zero, so nothing changes
    at first.
    """

    def __init__(self, shape: torch.Size, rank: int, scale: float, generator: torch.Generator) -> None:
        super().__init__()
        inward = math.prod(shape[1:])
        drawn = torch.rand((rank, inward), generator=generator) * 2 - 1
        self.down = nn.Parameter(drawn / math.sqrt(inward))
        self.up = nn.Parameter(torch.zeros(shape[0], rank))
        self.scale = scale

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The changed weight."""
        return weight + self.scale * (self.up @ self.down).view_as(weight)


def adaptable(body: nn.Module, rank: int) -> dict[str, tuple[torch.Size, int]]:
    """Shapes by name of the weights that a change of low rank is smaller than, with its rank: at most ``rank``, and a
    quarter of the smaller side.
    """
    found: dict[str, tuple[torch.Size, int]] = {}
    for name, module in body.named_modules():
        if isinstance(module, nn.Embedding) or (isinstance(module, _ConvNd) and module.groups > 1):
            continue
        for part, weight in module.named_parameters(recurse=False):
            # By shape and not by class: GPT-2 has dense layers of its own kind, with (in, out) for (out, in), and the
            # attention of XLNet holds its matrices itself, with an axis for the heads.
            if weight.ndim < 2 or (part != "weight" and weight.ndim < 3):
                continue
            own = min(rank, min(weight.shape[0], math.prod(weight.shape[1:])) // 4)
            if own:
                found[f"{name}.{part}" if name else part] = (weight.shape, own)
    return found
