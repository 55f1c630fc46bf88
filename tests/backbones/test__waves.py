from __future__ import annotations

import numpy as np
import torch
from transformers import Wav2Vec2FeatureExtractor

from headstart.backbones._waves import LEAST_PART, Waves
from headstart.core.sound import Clip
from tests.backbones.tiny import clips

WAVES = Waves(Wav2Vec2FeatureExtractor(), 2, 320, 400)


def noise(seconds: float, rate: int = 16000) -> Clip:
    return Clip(samples=np.random.default_rng(0).normal(size=round(seconds * rate)).astype(np.float32), rate=rate)


def test_samples_are_brought_to_the_rate_of_the_weights_and_normalised():
    wave = WAVES.item(noise(0.5, 8000))
    assert len(wave.samples) == 8000
    assert abs(float(wave.samples.mean())) < 1e-4
    assert abs(float(wave.samples.std()) - 1) < 1e-3


def test_the_beginning_of_a_long_clip_is_heard():
    long = noise(5.0)
    beginning = Clip(samples=long.samples[:32000], rate=16000)
    assert torch.equal(WAVES.item(long).samples, WAVES.item(beginning).samples)


def test_what_is_shorter_than_a_step_is_followed_by_silence():
    wave = WAVES.item(noise(0.01))
    assert (len(wave.samples), len(wave)) == (400, 1)
    assert not wave.samples[160:].any()


def test_views_are_parts_and_functions_of_their_seed():
    clip = noise(1.0)
    views = [WAVES.view(clip, seed) for seed in range(8)]
    assert torch.equal(views[3].samples, WAVES.view(clip, 3).samples)
    assert len({len(view.samples) for view in views}) > 4
    assert all(LEAST_PART * 16000 <= len(view.samples) <= 16000 for view in views)
    assert len(WAVES.view(noise(9.0), 0).samples) == 32000


def test_batches_are_zero_behind_the_end():
    ready = [WAVES.item(clip) for clip in clips()]
    batch = WAVES.collate(ready)
    assert batch["attention_mask"].sum(dim=1).tolist() == [len(wave.samples) for wave in ready]
    assert not batch["input_values"][batch["attention_mask"] == 0].any()


def test_strong_views_are_silent_in_places():
    clip, quiet = noise(1.0), set()
    plain = Waves(Wav2Vec2FeatureExtractor(do_normalize=False), 2, 320, 400)
    for seed in range(8):
        mild, strong = (plain.view(clip, seed, strength).samples for strength in ("mild", "strong"))
        other = mild != strong
        assert not strong[other].any()
        assert int(other.sum()) <= 2 * round(0.15 * len(mild))
        quiet.add(int(other.sum()))
    assert len(quiet) > 4
    assert np.array_equal(clip.samples, noise(1.0).samples)
