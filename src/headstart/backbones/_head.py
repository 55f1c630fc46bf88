"""What every export checks before it writes."""

from __future__ import annotations

from collections.abc import Sequence

from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError


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
