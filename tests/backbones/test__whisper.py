from __future__ import annotations

import pytest
import torch

from headstart.backbones._sequence_body import SequenceBackbone, built_from, load_body
from headstart.core.errors import UserError
from tests.backbones.members import batch_of, make
from tests.backbones.tiny import config_of, info


def heard(seconds: int, seed: int = 0) -> SequenceBackbone:
    facts = info("tiny:whisper", modality="audio", dim=16, input={"seconds": 30}, family="whisper")
    return built_from({}, facts, config_of("whisper"), folder=None, seed=seed, size=seconds)


def test_features_are_the_mean_of_what_transformers_gives():
    backbone = make("whisper")
    batch = batch_of(backbone)
    with torch.no_grad():
        expected = backbone.module(batch["input_features"]).last_hidden_state.mean(dim=1)
        torch.testing.assert_close(backbone.encode(batch), expected)


@pytest.mark.parametrize("seconds", [3, 5])
def test_a_body_for_other_seconds_shares_the_first_positions(seconds: int):
    source, other = heard(4), heard(seconds, seed=1)
    with torch.no_grad():
        source.module.embed_positions.weight.add_(1.0)  # as training may have left them
    computed = other.module.embed_positions.weight.detach().clone()
    load_body(other, source.module.state_dict())
    positions, shared = other.module.embed_positions.weight, 50 * min(4, seconds)
    assert positions.shape == (50 * seconds, 16)
    assert torch.equal(positions[:shared], source.module.embed_positions.weight[:shared])
    assert torch.equal(positions[shared:], computed[shared:])
    assert torch.equal(other.module.conv1.weight, source.module.conv1.weight)
    assert other.info.input == {"seconds": seconds}


@pytest.mark.parametrize("seconds", [0, 31])
def test_what_it_cannot_hear_is_refused(seconds: int):
    with pytest.raises(UserError, match=f"tiny:whisper hears 1 to 30 seconds at a time, and {seconds} were asked for"):
        heard(seconds)


def test_dropout_stays_off_below_what_is_trained():
    backbone = make("whisper")
    backbone.module.train()
    backbone.module.conv1.eval()
    batch = batch_of(backbone)
    with torch.no_grad():
        first, second = (backbone.family.begin(backbone.module, batch)["hidden"] for _ in range(2))  # type: ignore[attr-defined]
    assert torch.equal(first, second)


def test_every_layer_is_a_block():
    assert [block.name for block in make("whisper").blocks] == ["layer 1", "layer 2", "layer 3"]
