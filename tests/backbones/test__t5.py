from __future__ import annotations

import torch

from headstart.backbones._t5 import _places
from tests.backbones.members import make


def test_positions_are_those_of_the_first_layer() -> None:
    body = make("t5").module
    for stack in (body.encoder, body.decoder):
        attention = stack.block[0].layer[0].SelfAttention
        torch.testing.assert_close(_places(stack, 7), attention.compute_bias(7, 7))


def test_blocks_are_the_encoders_layers_and_then_the_decoders() -> None:
    assert [block.name for block in make("t5").blocks] == [
        "encoder layer 1", "encoder layer 2", "decoder layer 1", "decoder layer 2",
    ]  # fmt: skip


def test_the_table_of_embeddings_has_one_name() -> None:
    state = make("t5").module.state_dict()
    assert [name for name in state if "embed_tokens" in name or name == "shared.weight"] == ["shared.weight"]
