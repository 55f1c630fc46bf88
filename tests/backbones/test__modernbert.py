from __future__ import annotations

import torch

from tests.backbones.members import make
from tests.backbones.tiny import TEXTS


def test_some_layers_see_their_neighbours_only() -> None:
    """With a window of eight, a word at the end of a long text reaches the first token through a global layer."""
    kinds = [layer.attention_type for layer in make("modernbert").module.layers]
    assert sorted(set(kinds)) == ["full_attention", "sliding_attention"]


def test_features_are_normalised_means() -> None:
    backbone = make("modernbert")
    batch = backbone.preprocess.collate([backbone.preprocess.item(text) for text in TEXTS])
    with torch.no_grad():
        features = backbone.encode(batch)
    torch.testing.assert_close(features.mean(dim=1), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(features.square().mean(dim=1), torch.ones(3), atol=1e-3, rtol=0)
