from __future__ import annotations

import pytest
import torch

from headstart.engine import precision
from headstart.strategies.full import Full
from headstart.strategies.last_blocks import LastBlocks
from tests.engine import toys


@pytest.fixture
def backbone() -> toys.ToyBackbone:
    return toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE)


@pytest.mark.parametrize(("slow", "expected"), [(torch.bfloat16, torch.float32), (torch.float32, torch.bfloat16)])
def test_the_faster_one_is_taken(backbone, monkeypatch, slow: torch.dtype, expected: torch.dtype):
    monkeypatch.setattr(precision, "_step_seconds", lambda *given: 2.0 if given[-1] == slow else 1.0)
    assert precision.quicker_dtype(LastBlocks(), backbone, {}, torch.bfloat16) == expected


def test_where_inference_is_float32_nothing_is_timed(backbone, monkeypatch):
    monkeypatch.setattr(precision, "_step_seconds", lambda *given: pytest.fail("timed"))
    assert precision.quicker_dtype(LastBlocks(), backbone, {}, torch.float32) == torch.float32


@pytest.mark.parametrize("strategy", [LastBlocks(), Full()])
def test_timing_leaves_weights_gradients_and_the_random_state_alone(backbone, strategy):
    batch = toys.examples(strategy, backbone).inputs.sample(8)
    before = {name: tensor.clone() for name, tensor in backbone.module.state_dict().items()}
    state = torch.random.get_rng_state()
    precision.quicker_dtype(strategy, backbone, batch, torch.bfloat16)
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(before[name], tensor) for name, tensor in backbone.module.state_dict().items())
    assert all(parameter.grad is None for parameter in backbone.module.parameters())
