from __future__ import annotations

import pytest
import torch

from headstart.backbones._random import seeded


def test_draws_come_from_the_seed_and_the_global_generator_does_not_move() -> None:
    before = torch.random.get_rng_state()
    with seeded(3):
        first = torch.rand(4)
    with seeded(3):
        again = torch.rand(4)
    with seeded(4):
        other = torch.rand(4)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_generator_is_restored_after_a_failure() -> None:
    before = torch.random.get_rng_state()
    with pytest.raises(RuntimeError, match="stop"), seeded(3):
        raise RuntimeError("stop")
    assert torch.equal(torch.random.get_rng_state(), before)
