from __future__ import annotations

import torch
from torch import nn

from headstart.strategies._low_rank import LowRank, adaptable


def test_the_change_is_scale_times_up_times_down_and_nothing_at_first():
    adapter, weight = (
        LowRank(torch.Size((4, 3, 2, 2)), 2, 0.5, torch.Generator().manual_seed(0)),
        torch.randn(4, 3, 2, 2),
    )
    assert torch.equal(adapter(weight), weight)
    adapter.up.data.normal_()
    expected = weight.reshape(4, 12) + 0.5 * adapter.up @ adapter.down
    assert torch.allclose(adapter(weight).reshape(4, 12), expected)
    assert torch.linalg.matrix_rank((adapter(weight) - weight).reshape(4, 12)) == 2


def test_dense_layers_and_ungrouped_convolutions_are_adapted_small_ones_at_lower_rank():
    body = nn.Sequential(
        nn.Linear(64, 48), nn.Conv2d(8, 16, 3), nn.Conv2d(16, 16, 3, groups=16), nn.Linear(64, 3), nn.LayerNorm(3)
    )
    ranks = {name: rank for name, (_, rank) in adaptable(body, 8).items()}
    assert ranks == {"0.weight": 8, "1.weight": 4}
