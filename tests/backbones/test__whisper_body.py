from __future__ import annotations

import pytest
import torch

from headstart.backbones import _whisper_body
from headstart.core.errors import UserError
from tests.backbones.members import batch_of, make
from tests.backbones.tiny import info, whisper_config

FACTS = info("tiny:whisper", modality="audio", dim=16, input={"seconds": 30}, family="whisper")


def test_features_are_the_mean_of_what_transformers_gives():
    backbone = make("whisper")
    batch = batch_of(backbone)
    with torch.no_grad():
        expected = backbone.module(batch["input_features"]).last_hidden_state.mean(dim=1)
        torch.testing.assert_close(backbone.encode(batch), expected)


def test_a_body_for_fewer_seconds_has_the_first_positions_of_a_longer_one():
    long, short = (_whisper_body.build(FACTS, whisper_config(), seconds, seed=0) for seconds in (4, 3))
    _whisper_body.load_body(short, long.module.state_dict())
    positions = short.module.embed_positions.weight
    assert positions.shape == (150, 16)
    assert torch.equal(positions, long.module.embed_positions.weight[:150])
    assert torch.equal(short.module.conv1.weight, long.module.conv1.weight)
    assert short.info.input == {"seconds": 3}


@pytest.mark.parametrize("seconds", [0, 31])
def test_what_it_cannot_hear_is_refused(seconds: int):
    with pytest.raises(UserError, match=f"tiny:whisper hears 1 to 30 seconds at a time, and {seconds} were asked for"):
        _whisper_body.build(FACTS, whisper_config(), seconds, seed=0)


def test_every_layer_is_a_block():
    assert [block.name for block in make("whisper").blocks] == ["layer 1", "layer 2", "layer 3"]
