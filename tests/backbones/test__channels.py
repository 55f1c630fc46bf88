from __future__ import annotations

import pytest
import torch
from timm.models import adapt_input_conv

from headstart.backbones._channels import rgb_config, rgb_weight
from headstart.core.errors import UserError


@pytest.mark.parametrize("channels", [1, 2, 4, 7])
def test_channels_that_rgb_has_not_see_the_mean_of_those_it_has(channels: int):
    weight, rgb = torch.randn(5, channels, 3, 3), torch.randn(2, 3, 8, 8)
    grey = rgb.mean(dim=1, keepdim=True)
    seen = (
        torch.cat([rgb, grey.expand(-1, channels - 3, -1, -1)], dim=1)
        if channels > 3
        else grey.expand(-1, channels, -1, -1)
    )
    expected = torch.nn.functional.conv2d(seen, weight)
    torch.testing.assert_close(torch.nn.functional.conv2d(rgb, rgb_weight(weight)), expected)


def test_it_undoes_what_timm_does_to_one_channel():
    weight = torch.randn(5, 3, 3, 3)
    one = adapt_input_conv(1, weight)
    torch.testing.assert_close(rgb_weight(one).sum(dim=1), weight.sum(dim=1))
    assert rgb_weight(weight) is weight


def test_a_configuration_is_told_of_three_channels():
    given = {"input_size": (1, 32, 32), "mean": (0.4,), "std": (0.2,), "first_conv": "stem", "crop_pct": 0.9}
    assert rgb_config("m", given) == {
        "input_size": (3, 32, 32), "mean": (0.4,) * 3, "std": (0.2,) * 3, "first_conv": "stem", "crop_pct": 0.9
    }  # fmt: skip
    four = rgb_config("m", {"input_size": (4, 8, 8), "mean": (1.0, 2.0, 3.0, 4.0), "first_conv": "stem"})
    assert four["mean"] == (1.0, 2.0, 3.0)
    rgb = {"input_size": (3, 8, 8), "mean": (0.5,) * 3}
    assert rgb_config("m", rgb) == rgb


@pytest.mark.parametrize("first", [None, ("a", "b")])
def test_channels_that_no_single_layer_reads_are_refused(first: object):
    with pytest.raises(UserError, match="m reads 4 channels, and its configuration names no single layer"):
        rgb_config("m", {"input_size": (4, 8, 8), "first_conv": first})
