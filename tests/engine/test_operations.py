from __future__ import annotations

from pathlib import Path

import pytest

from headstart.engine.operations import operations, trained_share
from headstart.strategies.full import Full
from headstart.strategies.last_blocks import LastBlocks
from tests.engine import toys

# 16x16 input: 7*7*6*27, 3*3*8*54 and 3*3*8*8 multiply-adds; the last block has the last of them.
BLOCKS = (7938, 3888, 576)


def test_operations_are_multiply_adds_times_two(tmp_path: Path):
    run = toys.run(tmp_path)
    assert operations(toys.contender(run).backbone, run.data.items) == 2 * sum(BLOCKS)


def test_the_trained_share_counts_operations(tmp_path: Path):
    run = toys.run(tmp_path)
    backbone = toys.contender(run).backbone
    assert trained_share(backbone, Full(), run.data.items) == 1.0
    assert trained_share(backbone, LastBlocks(), run.data.items) == pytest.approx(BLOCKS[-1] / sum(BLOCKS))
