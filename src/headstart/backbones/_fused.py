"""A convolution and its activation as one call of oneDNN, for passes on processors that only read features."""

from __future__ import annotations

from typing import Any

import torch
from timm.layers.conv2d_same import Conv2dSame
from timm.layers.padding import pad_same
from torch import nn

from headstart.backbones._processor import rounds

ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.Identity: ("none", []),
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
    nn.SiLU: ("swish", []),
    nn.Hardswish: ("hardswish", []),
}
"""What oneDNN does to an output while it is still in the cache, and with which numbers."""


def fusible(convolution: nn.Conv2d) -> bool:
    """Whether `FusedConvolution` can stand for it."""
    return (
        type(convolution) in (nn.Conv2d, Conv2dSame)
        and convolution.weight.device.type == "cpu"
        and convolution.padding_mode == "zeros"
        and not isinstance(convolution.padding, str)
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    )


class FusedConvolution(nn.Module):
    """``activation(convolution(x))`` in one sweep, in float32 or, where autocast asks for it, in bfloat16.

    In bfloat16 two things are rounded with more care than by autocast. The bias stays in float32. And of a depthwise
    kernel, whose few weights meet the same channel of smooth pictures and whose errors therefore do not average out,
    the sum is kept (`sum_kept`). EfficientNet-Lite0 on solar cells, mean cosine with the features in float32: .9967
    with autocast, .9993 with both; images a second 241 and 271 (two cores with AVX-512 BF16).
    """

    weight: torch.Tensor
    rounded: torch.Tensor
    bias: torch.Tensor | None

    def __init__(self, convolution: nn.Conv2d, activation: nn.Module) -> None:
        """``activation`` is one of `ACTIVATIONS`."""
        super().__init__()
        weight = convolution.weight.detach()
        depthwise = convolution.groups > 1 and convolution.in_channels == convolution.groups
        self.register_buffer("weight", weight)
        self.register_buffer("rounded", sum_kept(weight) if depthwise else weight.to(torch.bfloat16))
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach())
        self._same = isinstance(convolution, Conv2dSame)  # pads as much as each picture needs
        padding = [0, 0] if self._same else list(convolution.padding)
        self._geometry = padding, list(convolution.stride), list(convolution.dilation), convolution.groups
        self._activation = ACTIVATIONS[type(activation)]
        self._rounds = rounds()

    def forward(self, pixels: torch.Tensor) -> Any:
        """``(B, C, H, W)`` from ``(B, C, H, W)``, in bfloat16 if autocast says so or what comes in is.

        On processors that oneDNN has no bfloat16 for, only what comes out is rounded.
        """
        if torch.is_autocast_enabled("cpu"):
            pixels = pixels.to(torch.get_autocast_dtype("cpu"))
        came = pixels.dtype
        if came == torch.bfloat16 and not self._rounds:
            pixels = pixels.float()
        if self._same:
            _, stride, dilation, _ = self._geometry
            pixels = pad_same(pixels, list(self.weight.shape[-2:]), stride, dilation)
        weight = self.rounded if pixels.dtype == torch.bfloat16 else self.weight
        name, numbers = self._activation
        found = torch.ops.mkldnn._convolution_pointwise(pixels, weight, self.bias, *self._geometry, name, numbers, "")
        return found.to(came)


def sum_kept(weight: torch.Tensor) -> torch.Tensor:
    """``weight (O, ...)`` in bfloat16, with the sum of each output channel's weights kept.

    Weights are rounded from the largest to the smallest, each after it has taken over the error of those before it;
    what is left over in the end is the rounding error of the smallest one (error diffusion).
    """
    rows = weight.detach().reshape(len(weight), -1).double()
    order = rows.abs().argsort(dim=1, descending=True)
    rounded, left = torch.empty_like(rows), torch.zeros(len(rows), 1, dtype=torch.float64)
    for column in order.split(1, dim=1):
        wanted = rows.gather(1, column) + left
        got = wanted.to(torch.bfloat16).double()
        rounded.scatter_(1, column, got)
        left = wanted - got
    like = torch.empty_like(weight, dtype=torch.bfloat16)  # in the same memory order
    return like.copy_(rounded.reshape(weight.shape))
