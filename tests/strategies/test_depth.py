from __future__ import annotations

import pytest

from headstart.core.errors import UserError
from headstart.strategies._depth import groups_by_depth
from tests.engine import toys


def test_rates_fall_by_depth_and_the_last_block_has_rate_one():
    groups = groups_by_depth(toys.ToyBackbone(toys.info(), seed=0, size=16), 0, 0.5)
    assert [group.name for group in groups] == ["block 0", "block 1", "block 2"]
    assert [group.rate for group in groups] == [0.25, 0.5, 1.0]
    assert groups[2].parameters == ("2.0.weight", "2.0.bias")


def test_freezing_everything_is_an_error_not_a_silent_linear_probe():
    with pytest.raises(UserError, match="Nothing in toy:small would be trained: 3 of its 3 blocks are frozen"):
        groups_by_depth(toys.ToyBackbone(toys.info(), seed=0, size=16), 3, 0.5)
