from __future__ import annotations

import numpy as np
import pytest

from headstart.core.backbone import Block, LinearHead
from tests.backbones.tiny import info


def test_the_source_is_what_stands_before_the_first_colon() -> None:
    assert info("timm:resnet50.a1_in1k").source == "timm"
    assert info("local:C:/models/mine").source == "local"


def test_logits_are_weights_times_features_plus_bias() -> None:
    head = LinearHead(weight=np.array([[1.0, 2.0], [0.0, -1.0]]), bias=np.array([0.5, 0.0]))
    np.testing.assert_array_equal(head.logits(np.array([[3.0, 4.0]])), [[11.5, -4.0]])


def test_a_temperature_divides_the_logits() -> None:
    draws = np.random.default_rng(0)
    head = LinearHead(weight=draws.normal(size=(3, 4)), bias=draws.normal(size=3))
    features = draws.normal(size=(5, 4))
    np.testing.assert_allclose(head.divided_by(2.5).logits(features), head.logits(features) / 2.5)


@pytest.mark.parametrize(
    ("name", "owned"),
    [
        ("layer1.0.weight", True),
        ("layer1.weight", True),
        ("layer10.weight", False),
        ("layer1", False),
        ("cls_token", True),
        ("cls_token.weight", False),
        ("other.layer1.weight", False),
    ],
)
def test_a_block_owns_what_lies_below_its_modules_and_its_own_parameters(name: str, owned: bool) -> None:
    assert Block(name="first", modules=("layer1",), parameters=("cls_token",)).owns(name) is owned
