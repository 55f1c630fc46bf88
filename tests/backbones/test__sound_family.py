from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.backbones._families import FAMILIES
from headstart.core.backbone import LinearHead
from tests.backbones.members import make


@pytest.mark.parametrize("kind", ["whisper", "wav2vec2", "hubert", "wavlm"])
def test_the_projector_is_the_identity_and_the_head_comes_back(kind: str):
    body = make(kind).module
    head = LinearHead(weight=np.random.default_rng(0).normal(size=(3, 16)), bias=np.arange(3.0))
    written = FAMILIES[kind].written(body, head)
    assert torch.equal(written["projector.weight"], torch.eye(16))
    assert FAMILIES[kind].changes(body.config)["classifier_proj_size"] == 16
    tensors, read = FAMILIES[kind].parted(written, body.config)
    assert tensors.keys() == body.state_dict().keys()
    np.testing.assert_allclose(read.weight, head.weight, atol=1e-6)
    np.testing.assert_allclose(read.bias, head.bias)
