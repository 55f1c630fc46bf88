from __future__ import annotations

import torch

from tests.backbones.members import make
from tests.backbones.tiny import TEXTS


def test_far_words_are_seen_through_global_layers_only() -> None:
    """A window of eight: the first token sees four to its right in a local layer, and all others in a global one."""
    backbone = make("modernbert")
    body, words = backbone.module, ["the", "film", "was", "not", "very", "good", ".", "very", "good", ".", "bad"]
    kinds = [layer.attention_type for layer in body.layers]
    batches = [
        backbone.preprocess.collate([backbone.preprocess.item(" ".join([*words[:-1], last]))]) for last in ("bad", "a")
    ]
    for number, kind in enumerate(kinds):
        with torch.no_grad():
            hidden = [backbone.family.begin(body, batch) for batch in batches]  # type: ignore[attr-defined]
            first, other = (backbone.family.run(body, state, number, number + 1)["hidden"][:, 0] for state in hidden)  # type: ignore[attr-defined]
        assert torch.equal(first, other) is (kind == "sliding_attention")
    assert len(set(kinds)) == 2


def test_features_are_normalised_means() -> None:
    backbone = make("modernbert")
    batch = backbone.preprocess.collate([backbone.preprocess.item(text) for text in TEXTS])
    with torch.no_grad():
        features = backbone.encode(batch)
    torch.testing.assert_close(features.mean(dim=1), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(features.square().mean(dim=1), torch.ones(3), atol=1e-3, rtol=0)
