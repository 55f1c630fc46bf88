from __future__ import annotations

from headstart.strategies.full import Full
from tests.engine import toys


def test_everything_is_trained_from_a_fresh_head_that_moves_faster():
    preparation = Full().prepare(toys.ToyBackbone(toys.info(), seed=0, size=16))
    assert (preparation.frozen_blocks, preparation.head_from, preparation.head_rate) == (0, "zeros", 10.0)
