"""Which precision training multiplies in: hardware that is fast in bfloat16 forwards may be slow in it backwards."""

from __future__ import annotations

import torch
from torch import nn

from headstart.core.backbone import Backbone
from headstart.engine.device import accelerator

MOBILE = 0.5
"""Channels of depthwise convolutions per channel of other layers from which a network trains faster in float32."""


def training_dtype(backbone: Backbone, frozen_blocks: int, fast: torch.dtype) -> torch.dtype:
    """float32 or ``fast``, whichever trains ``blocks[frozen_blocks:]`` in less time.

    A rule and not a stopwatch, so that a resumed run decides as the first attempt did. On processors the backward pass
    of a depthwise convolution is slow in bfloat16, which outweighs everything else in networks that run them on
    expanded channels. Steps a second in float32 and bfloat16 (two cores with AVX-512 BF16, batches of 8 at 224
    pixels): MobileNetV3 5.9 and 3.9, EfficientNet-Lite0 4.1 and 2.7; ResNet-18 2.3 and 3.9, ConvNeXt-nano 1.2 and 1.7,
    ViT-S 0.7 and 1.1, a MiniLM 4.1 and 5.5.
    """
    if accelerator().device.type != "cpu":
        return fast
    trained = backbone.blocks[frozen_blocks:]
    depthwise = other = 0
    for name, module in backbone.module.named_modules():
        if not isinstance(module, nn.Conv2d | nn.Linear) or not any(block.owns(f"{name}.weight") for block in trained):
            continue
        if isinstance(module, nn.Linear):
            other += module.out_features
        elif module.groups > 1:
            depthwise += module.out_channels
        else:
            other += module.out_channels
    return torch.float32 if depthwise > MOBILE * other else fast
