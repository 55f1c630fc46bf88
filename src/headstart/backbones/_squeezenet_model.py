"""SqueezeNet 1.1 as timm would have it: this file travels in the model folder and needs no headstart.

    AutoModelForImageClassification.from_pretrained(FOLDER, trust_remote_code=True)

Iandola et al. 2016, arXiv 1602.07360: fire modules squeeze the channels by convolutions of 1 x 1 and expand them by
such of 1 x 1 and 3 x 3 side by side. Departure: what reads the mean of the last feature maps is a linear layer, in
place of a convolution to as many maps as there are classes, rectified and then averaged.
"""

from __future__ import annotations

from typing import Any

import timm
import torch
from timm.models import build_model_with_cfg, generate_default_cfgs, register_model
from torch import nn
from transformers.models.timm_wrapper.configuration_timm_wrapper import TimmWrapperConfig
from transformers.models.timm_wrapper.modeling_timm_wrapper import TimmWrapperForImageClassification

NAME = "headstart_squeezenet"
"""Of the architecture, in timm's registry, and ``model_type`` of the folder: neither library has one of that name."""
CFG = {
    "url": "",
    "num_classes": 1000,
    "input_size": (3, 227, 227),
    "pool_size": None,
    "first_conv": "features.0",
    "classifier": "classifier",
}
"""What timm asks to know of an architecture; how pictures are prepared is said in the model folder."""
STEM = 64
FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
"""Channels that a fire module squeezes to, and that each of its two sides expands to."""
POOLED = (0, 2, 4)
"""Fire modules whose input is pooled."""


class Fire(nn.Module):
    """From ``channels`` to twice ``expanded``."""

    def __init__(self, channels: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, kernel_size=1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, kernel_size=1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, kernel_size=3, padding=1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """``(B, channels, H, W)`` to ``(B, 2 * expanded, H, W)``."""
        hidden = self.act(self.squeeze(hidden))
        return self.act(torch.cat([self.expand1x1(hidden), self.expand3x3(hidden)], dim=1))


class SqueezeNet(nn.Module):
    """The network with the methods that timm's networks have; ``width`` divides the channels of all layers."""

    def __init__(self, num_classes: int = 1000, in_chans: int = 3, drop_rate: float = 0.0, width: int = 1) -> None:
        super().__init__()
        self.num_classes, self.in_chans, self.drop_rate = num_classes, in_chans, drop_rate
        channels = STEM // width
        layers: list[nn.Module] = [nn.Conv2d(in_chans, channels, kernel_size=3, stride=2), nn.ReLU(inplace=True)]
        for number, (squeezed, expanded) in enumerate(FIRES):
            if number in POOLED:
                layers.append(nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True))
            layers.append(Fire(channels, squeezed // width, expanded // width))
            channels = 2 * expanded // width
        self.features = nn.Sequential(*layers)
        for module in self.features.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # pyright: ignore[reportArgumentType] - every layer here has one
        self.num_features = self.head_hidden_size = channels
        self.classifier: nn.Module = nn.Identity()
        self.reset_classifier(num_classes)

    def forward_features(self, pixels: torch.Tensor) -> torch.Tensor:
        """The last feature maps."""
        return self.features(pixels)

    def forward_head(self, hidden: torch.Tensor, pre_logits: bool = False) -> torch.Tensor:
        """Logits, or the means that they are read from."""
        pooled = nn.functional.dropout(hidden.mean(dim=(2, 3)), self.drop_rate, self.training)
        return pooled if pre_logits else self.classifier(pooled)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Logits ``(B, classes)``."""
        return self.forward_head(self.forward_features(pixels))

    def get_classifier(self) -> nn.Module:
        """The linear layer, or nothing."""
        return self.classifier

    def reset_classifier(self, num_classes: int) -> None:
        """A new linear layer for so many classes; none for 0."""
        self.num_classes = num_classes
        self.classifier = nn.Linear(self.num_features, num_classes) if num_classes > 0 else nn.Identity()

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:
        """Layers by depth, for timm."""
        del coarse
        return {"stem": r"^features\.0", "blocks": r"^features\.(\d+)"}


default_cfgs = generate_default_cfgs({NAME: CFG})


def headstart_squeezenet(pretrained: bool = False, **options: Any) -> Any:
    """What ``timm.create_model`` calls."""
    return build_model_with_cfg(SqueezeNet, NAME, pretrained, **options)


if not timm.is_model(NAME):  # headstart itself may have been imported, or another folder read
    register_model(headstart_squeezenet)


class SqueezeNetConfig(TimmWrapperConfig):
    """That of any network of timm."""

    model_type = NAME


class SqueezeNetForImageClassification(TimmWrapperForImageClassification):
    """That of any network of timm, which reading this file has made one of."""

    config_class = SqueezeNetConfig
