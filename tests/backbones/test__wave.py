from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.backbones._sequence_body import built_from
from headstart.backbones._wave import _first_step, _places
from headstart.core.errors import UserError
from headstart.core.sound import Clip
from tests.backbones.members import batch_of, make
from tests.backbones.tiny import clips, config_of, info

KINDS = ("wav2vec2", "hubert", "wavlm")


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_clip_gives_the_mean_of_what_transformers_gives(kind: str):
    backbone = make(kind)
    for clip in clips():
        wave = backbone.preprocess.item(clip)
        with torch.no_grad():
            expected = backbone.module(wave.samples[None]).last_hidden_state.mean(dim=1)
            torch.testing.assert_close(
                backbone.encode(backbone.preprocess.collate([wave])), expected, atol=1e-5, rtol=1e-4
            )


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_counted_as_the_network_takes_them(kind: str):
    backbone = make(kind)
    for clip in (*clips(), Clip(samples=np.ones(3, dtype=np.float32), rate=16000)):
        wave = backbone.preprocess.item(clip)
        state = backbone.lower(backbone.preprocess.collate([wave]), 1)
        assert state["hidden"].shape[1] == len(wave) >= 1
        foretold = backbone.preprocess.foretold(int(np.ceil(100 * clip.seconds)))
        assert foretold is not None
        assert len(wave) <= foretold <= len(wave) + 160


def test_the_first_step_of_the_published_models_is_a_fortieth_of_a_second():
    from transformers import Wav2Vec2Config

    assert _first_step(Wav2Vec2Config()) == 400


def test_relative_positions_are_those_of_the_first_layer():
    attention = make("wavlm").module.encoder.layers[0].attention
    torch.testing.assert_close(_places(attention, 9), attention.compute_bias(9, 9))


def test_silence_behind_a_clip_changes_nothing_where_channels_are_normalised_over_time():
    backbone = make("wav2vec2")
    batch = batch_of(backbone)
    longer = {name: torch.nn.functional.pad(tensor, (0, 4000)) for name, tensor in batch.items()}
    with torch.no_grad():
        torch.testing.assert_close(backbone.encode(longer), backbone.encode(batch), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("seconds", [0, 31])
def test_what_is_not_heard_is_refused(seconds: int):
    facts = info("tiny:wavlm", modality="audio", dim=16, input={"seconds": 30})
    with pytest.raises(UserError, match=f"tiny:wavlm hears 1 to 30 seconds at a time, and {seconds} were asked for"):
        built_from({}, facts, config_of("wavlm"), folder=None, seed=0, size=seconds)
