from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from headstart.core.backbone import Block
from headstart.engine import precision
from tests.engine import toys

FAST = torch.bfloat16


def mobile(expanded: int) -> nn.Module:
    """A pointwise convolution, a depthwise one on ``expanded`` channels, and a pointwise one back to 8."""
    return nn.Sequential(
        nn.Conv2d(8, expanded, 1), nn.Conv2d(expanded, expanded, 3, groups=expanded), nn.Conv2d(expanded, 8, 1)
    )


def backbone(*blocks: nn.Module) -> toys.ToyBackbone:
    made = toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE)
    made.module = nn.Sequential(*blocks)
    made.blocks = tuple(Block(name=str(place), modules=(str(place),)) for place in range(len(blocks)))
    return made


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (mobile(48), torch.float32),
        (nn.Conv2d(8, 48, 3), FAST),
        (nn.Linear(8, 48), FAST),
        (nn.Sequential(nn.Conv2d(8, 8, 7, groups=8), nn.Linear(8, 32), nn.Linear(32, 8)), FAST),  # ConvNeXt
    ],
)
def test_depthwise_convolutions_on_expanded_channels_are_trained_in_float32(block: nn.Module, expected: torch.dtype):
    assert precision.training_dtype(backbone(block), 0, FAST) == expected


def test_only_what_is_trained_counts():
    given = backbone(mobile(48), nn.Conv2d(8, 32, 1))
    assert precision.training_dtype(given, 0, FAST) == torch.float32
    assert precision.training_dtype(given, 1, FAST) == FAST


def test_accelerators_train_in_the_fast_precision(monkeypatch: pytest.MonkeyPatch):
    gpu = SimpleNamespace(device=torch.device("cuda"))
    monkeypatch.setattr(precision, "accelerator", lambda: gpu)
    assert precision.training_dtype(backbone(mobile(48)), 0, FAST) == FAST
