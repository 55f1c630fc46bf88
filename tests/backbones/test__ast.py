from __future__ import annotations

import numpy as np
import torch

from headstart.core.sound import Clip
from tests.backbones.members import batch_of, make


def test_features_are_the_normalised_pooled_output_of_transformers():
    backbone = make("audio-spectrogram-transformer")
    batch = batch_of(backbone)
    with torch.no_grad():
        pooled = backbone.module(batch["input_values"]).pooler_output
        expected = torch.nn.functional.layer_norm(pooled, (16,), eps=backbone.module.config.layer_norm_eps)
        torch.testing.assert_close(backbone.encode(batch), expected)


def test_what_is_heard_is_as_long_as_the_positions():
    """128 frames: a second and a quarter, of which whole seconds are cut from a clip, and frames from those."""
    preprocess = make("audio-spectrogram-transformer").preprocess
    noise = np.random.default_rng(0).normal(size=64000).astype(np.float32) * 0.1
    whole = preprocess.item(Clip(samples=noise, rate=16000))
    assert whole.shape == (128, 32)
    assert torch.equal(whole, preprocess.item(Clip(samples=noise[:32000], rate=16000)))
    assert not torch.equal(whole, preprocess.item(Clip(samples=noise[:16000], rate=16000)))
