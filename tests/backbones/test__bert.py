from __future__ import annotations

import pytest

from headstart.backbones._bert import Bert, Roberta, XlmRoberta


@pytest.mark.parametrize("family", [Bert(), Roberta(), XlmRoberta()])
def test_the_body_has_no_pooler(family: Bert) -> None:
    config = family.configured({"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 9})
    assert not any("pooler" in name for name in family.body(config).state_dict())
