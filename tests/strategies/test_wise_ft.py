from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.engine.examples import Settings
from headstart.engine.fitting import Fitted
from headstart.engine.supervised import fit
from headstart.strategies.wise_ft import WiseFt
from tests.engine import toys

HEAD = LinearHead(weight=np.arange(16.0).reshape(2, 8) / 16, bias=np.array([0.5, -0.5]))


def fitted(of_start: float) -> Fitted:
    strategy, backbone = replace(WiseFt().lasting(2), of_start=of_start), toys.ToyBackbone(toys.info(), seed=0, size=16)
    return fit(strategy, backbone, HEAD, toys.examples(strategy, backbone), Settings(seed=0), progress=Silent())


def test_the_result_lies_between_the_start_and_what_training_gave():
    start = toys.ToyBackbone(toys.info(), seed=0, size=16).module.state_dict()
    end, half = fitted(0.0), fitted(0.25)
    for name, tensor in half.backbone.module.state_dict().items():
        expected = 0.25 * start[name] + 0.75 * end.backbone.module.state_dict()[name]
        assert torch.allclose(tensor.double(), expected.double(), atol=1e-7), name
    np.testing.assert_allclose(half.head.weight, 0.25 * HEAD.weight + 0.75 * end.head.weight, atol=1e-12)
    np.testing.assert_allclose(half.head.bias, 0.25 * HEAD.bias + 0.75 * end.head.bias, atol=1e-12)
    assert not np.allclose(end.head.weight, HEAD.weight)


def test_all_of_the_start_is_the_start():
    start = toys.ToyBackbone(toys.info(), seed=0, size=16).module.state_dict()
    assert all(torch.equal(t, start[n]) for n, t in fitted(1.0).backbone.module.state_dict().items())
