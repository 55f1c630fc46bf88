from __future__ import annotations

from headstart.strategies.surgical import Surgical
from tests.engine import toys


def test_all_blocks_have_one_rate_until_gradients_set_it():
    preparation = Surgical().prepare(toys.ToyBackbone(toys.info(), seed=0, size=16))
    assert preparation.by_gradient
    assert {group.rate for group in preparation.groups} == {1.0}
    assert len(preparation.groups) == 3
