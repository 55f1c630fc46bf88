"""Networks that were pretrained on another number of channels, made to read RGB pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from headstart.core.errors import UserError

if TYPE_CHECKING:
    import torch

RGB = 3


def rgb_config(name: str, pretrained_cfg: Mapping[str, Any]) -> dict[str, Any]:
    """``pretrained_cfg`` of the network called ``name`` once its first convolution is `rgb_weight`.

    Raises:
        UserError: it does not say which layer reads the channels.
    """
    channels = int(pretrained_cfg.get("input_size", (RGB,))[0])
    if channels == RGB:
        return dict(pretrained_cfg)
    if not isinstance(pretrained_cfg.get("first_conv"), str):
        raise UserError(
            f"{name} reads {channels} channels, and its configuration names no single layer ('first_conv') that could "
            "be made to read the 3 of RGB pictures; choose another model."
        )
    changed = {**pretrained_cfg, "input_size": (RGB, *pretrained_cfg["input_size"][1:])}
    for statistic in ("mean", "std"):
        values: Sequence[float] = pretrained_cfg.get(statistic) or ()
        changed |= {statistic: tuple(values[channel % len(values)] for channel in range(RGB))} if values else {}
    return changed


def rgb_weight(weight: torch.Tensor) -> torch.Tensor:
    """A first convolution's ``weight (O, n, kh, kw)`` for n channels as one for three, ``(O, 3, kh, kw)``.

    The network then does what it did with the mean of (normalised) red, green and blue in every channel beyond the
    first three, or in all where there are fewer: a grey picture gives what it gave. Of one channel that is a third of
    the weight for each, the reverse of timm's ``adapt_input_conv``, which sums over three.
    """
    count = weight.shape[1]
    if count == RGB:
        return weight
    coloured = RGB if count > RGB else 0
    grey = (weight[:, coloured:].sum(dim=1, keepdim=True) / RGB).repeat(1, RGB, 1, 1)
    return grey + weight[:, :RGB] if coloured else grey
