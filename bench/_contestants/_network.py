"""The network that every contestant on pictures starts from."""

from __future__ import annotations

from pathlib import Path

import timm
import torch
from safetensors.torch import load_file

MEAN = STD = (0.5, 0.5, 0.5)
"""How the weights' own configuration normalises pictures."""


def lite0(weights: Path, classes: int) -> torch.nn.Module:
    """EfficientNet-Lite0 with the body in ``weights`` and a new head, or none for no classes."""
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=classes)
    missing = model.load_state_dict(load_file(weights), strict=False).missing_keys
    assert set(missing) == ({"classifier.weight", "classifier.bias"} if classes else set()), missing
    return model
