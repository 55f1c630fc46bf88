"""The network that every contestant starts from."""

from __future__ import annotations

from pathlib import Path

import timm
import torch
from safetensors.torch import load_file


def lite0(weights: Path) -> torch.nn.Module:
    """EfficientNet-Lite0 with the body in ``weights`` and a new head for two classes."""
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=2)
    missing = model.load_state_dict(load_file(weights), strict=False).missing_keys
    assert set(missing) == {"classifier.weight", "classifier.bias"}, missing
    return model
