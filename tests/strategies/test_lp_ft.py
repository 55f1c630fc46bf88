from __future__ import annotations

from headstart.strategies.full import Full
from headstart.strategies.lp_ft import LpFt
from tests.engine import toys


def test_it_differs_from_full_in_where_the_head_starts():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    ours, theirs = LpFt().prepare(backbone), Full().prepare(backbone)
    assert (ours.groups, ours.frozen_blocks) == (theirs.groups, theirs.frozen_blocks)
    assert (ours.head_from, theirs.head_from) == ("probe", "zeros")
