from __future__ import annotations

import pytest
import torch

from headstart.backbones._bert import Bert, Roberta, XlmRoberta


def test_old_names_of_norms_are_read() -> None:
    names = ("bert.embeddings.LayerNorm.gamma", "bert.encoder.layer.0.output.LayerNorm.beta", "cls.bias")
    found = Bert().found({name: torch.tensor(float(number)) for number, name in enumerate(names)})
    assert {name: int(value) for name, value in found.items()} == {
        "embeddings.LayerNorm.weight": 0,
        "encoder.layer.0.output.LayerNorm.bias": 1,
        "cls.bias": 2,
    }


@pytest.mark.parametrize("family", [Bert(), Roberta(), XlmRoberta()])
def test_the_body_has_no_pooler(family: Bert) -> None:
    config = family.configured({"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 9})
    assert not any("pooler" in name for name in family.body(config).state_dict())
