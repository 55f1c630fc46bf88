"""Heads on their way into an exported folder and out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError

if TYPE_CHECKING:
    import torch


def check_head(head: LinearHead, classes: Sequence[str], dim: int) -> None:
    """Whether ``head`` reads ``dim`` features and gives one logit per class.

    Raises:
        UserError: it does not; the message gives the shapes.
    """
    if head.weight.shape != (len(classes), dim) or head.bias.shape != (len(classes),):
        raise UserError(
            f"The head has weights {head.weight.shape} and bias {head.bias.shape}; {len(classes)} classes on "
            f"{dim} features need ({len(classes)}, {dim}) and ({len(classes)},)."
        )


def head_of(weight: torch.Tensor | None, bias: torch.Tensor | None, scale: float = 1.0) -> LinearHead:
    """The head whose weights were stored divided by ``scale``; a folder without any has a head for no class."""
    import numpy as np

    if weight is None or bias is None:
        return LinearHead(weight=np.zeros((0, 0)), bias=np.zeros(0))
    return LinearHead(weight=weight.double().numpy() * scale, bias=bias.double().numpy())
