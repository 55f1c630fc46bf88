from __future__ import annotations

from typing import Any

import pytest
import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import nn
from torch.nn import functional

from headstart.backbones._fused import ACTIVATIONS, FusedConvolution, fusible, sum_kept
from tests.backbones.test__processor import rounding


def convolution(groups: int = 1, **how: Any) -> nn.Conv2d:
    torch.manual_seed(0)
    kind = Conv2dSame if how.pop("same", False) else nn.Conv2d
    made = kind(8, 8, 3, groups=groups, **how)
    made.eval()
    return made


def pixels() -> torch.Tensor:
    return 2.0 * torch.randn(2, 8, 9, 9, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    "how", [{}, {"padding": 1}, {"stride": 2}, {"dilation": 2}, {"bias": False}, {"same": True, "stride": 2}]
)
@pytest.mark.parametrize("activation", [kind() for kind in ACTIVATIONS], ids=lambda module: type(module).__name__)
@pytest.mark.parametrize("groups", [1, 8])
def test_is_the_convolution_and_then_the_activation(how: dict[str, Any], activation: nn.Module, groups: int):
    plain = convolution(groups, **dict(how))
    with torch.no_grad():
        assert torch.allclose(FusedConvolution(plain, activation)(pixels()), activation(plain(pixels())), atol=1e-5)


def test_autocast_and_what_comes_in_decide_the_precision():
    fused = FusedConvolution(convolution(), nn.ReLU())
    with torch.inference_mode():
        assert fused(pixels()).dtype == torch.float32
        with torch.autocast("cpu", torch.bfloat16):
            assert fused(pixels()).dtype == torch.bfloat16
        with torch.autocast("cpu", torch.bfloat16, enabled=False):
            assert fused(pixels().bfloat16()).dtype == torch.bfloat16


@rounding
def test_a_smooth_picture_comes_out_of_a_depthwise_kernel_as_in_float32():
    plain = convolution(groups=8)
    level = torch.full((1, 8, 9, 9), 1.5)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        careful, usual = FusedConvolution(plain, nn.Identity())(level).float(), plain(level).float()
    with torch.no_grad():
        exact = plain(level)
    least = (exact.bfloat16().float() - exact).abs().mean()  # what comes out is rounded in any case
    assert (careful - exact).abs().mean() < 1.3 * least < (usual - exact).abs().mean()


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_rounding_keeps_sums_and_moves_no_weight_far(order: torch.memory_format):
    weight = torch.randn(64, 1, 3, 3, generator=torch.Generator().manual_seed(2)).contiguous(memory_format=order)
    kept, usual = sum_kept(weight), weight.to(torch.bfloat16)
    assert kept.dtype == torch.bfloat16
    assert kept.is_contiguous(memory_format=order)

    def error(rounded: torch.Tensor) -> torch.Tensor:
        return (rounded.double() - weight.double()).sum(dim=(1, 2, 3)).abs()

    smallest = weight.abs().amin(dim=(1, 2, 3)).double()
    assert torch.all(error(kept) <= 2.0**-7 * (smallest + error(usual) + 0.02))
    assert error(kept).mean() < 0.2 * error(usual).mean()
    assert functional.cosine_similarity(kept.flatten().double(), weight.flatten().double(), dim=0) > 0.99999


def test_what_onednn_does_not_do_is_left():
    assert fusible(convolution())
    assert not fusible(convolution(padding_mode="reflect", padding=1))
    assert not fusible(convolution(padding="same"))
    assert not fusible(convolution().to("meta"))
