from __future__ import annotations

from headstart.strategies.last_blocks import LastBlocks
from tests.engine import toys


def test_at_least_the_first_block_stays_frozen():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    assert [LastBlocks(blocks=n).prepare(backbone).frozen_blocks for n in (1, 2, 3, 9)] == [2, 1, 1, 1]


def test_it_starts_from_the_probe():
    preparation = LastBlocks().prepare(toys.ToyBackbone(toys.info(), seed=0, size=16))
    assert (preparation.head_from, preparation.body_from, preparation.batch_statistics) == (
        "probe",
        "pretrained",
        False,
    )
