from __future__ import annotations

import torch

from headstart.backbones._dense import at_one, evenly, masked


def test_positions_count_the_same():
    found = evenly(torch.randn(2, 4, 3))
    assert torch.equal(found.weights, torch.full((2, 4), 0.25))


def test_pooled_features_stand_at_one_position():
    features = torch.randn(2, 3)
    found = at_one(features)
    assert torch.equal(found.values[:, 0], features)
    assert torch.equal(found.weights, torch.ones(2, 1))


def test_padding_does_not_count():
    found = masked(torch.randn(2, 3, 4), torch.tensor([[1, 1, 0], [1, 1, 1]]))
    torch.testing.assert_close(found.weights, torch.tensor([[0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]]))
