from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.backbones._distilbert import DistilBert, _lift
from headstart.core.backbone import LinearHead
from tests.backbones.members import make


@pytest.mark.parametrize(("width", "lift"), [(16, 4.0), (17, 8.0), (768, 32.0)])
def test_features_are_lifted_above_zero_whatever_they_are(width: int, lift: float) -> None:
    assert _lift(width) == lift >= np.sqrt(width)


def test_the_rectifier_changes_nothing() -> None:
    """A feature of the largest size there is: all of the vector's length in one number, below zero."""
    body = make("distilbert").module
    head = LinearHead(weight=np.random.default_rng(0).normal(size=(3, 16)), bias=np.arange(3.0))
    tensors = DistilBert().written(body, head)
    feature = torch.zeros(16)
    feature[5] = -4.0
    inner = (tensors["pre_classifier.weight"] @ feature + tensors["pre_classifier.bias"]).relu()
    logits = tensors["classifier.weight"] @ inner + tensors["classifier.bias"]
    np.testing.assert_allclose(logits.numpy(), head.logits(feature[None].numpy())[0], atol=1e-5)
