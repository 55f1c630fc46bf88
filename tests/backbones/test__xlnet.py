from __future__ import annotations

import torch

from tests.backbones.members import batch_of, make
from tests.backbones.tiny import TEXTS


def test_the_last_token_is_of_a_segment_of_its_own() -> None:
    batch = batch_of(make("xlnet"))
    lengths = batch["attention_mask"].sum(dim=1)
    assert batch["token_type_ids"].tolist() == [
        [0] * (int(length) - 1) + [2] + [0] * (batch["input_ids"].shape[1] - int(length)) for length in lengths
    ]


def test_segments_matter() -> None:
    backbone = make("xlnet")
    torch.nn.init.normal_(backbone.module.layer[0].rel_attn.seg_embed, std=3.0)
    batch = batch_of(backbone)
    with torch.no_grad():
        features = backbone.encode(batch)
        without = backbone.encode({**batch, "token_type_ids": torch.zeros_like(batch["input_ids"])})
    assert (features - without).abs().max() > 1e-4


def test_every_token_is_seen_by_the_last() -> None:
    backbone = make("xlnet")
    first, other = TEXTS[0], f"bad{TEXTS[0][3:]}"
    with torch.no_grad():
        features = backbone.encode(backbone.preprocess.collate([backbone.preprocess.item(t) for t in (first, other)]))
    assert not torch.equal(features[0], features[1])
