from __future__ import annotations

import numpy as np
import pytest

from headstart.core.bands import FLOOR, HIGHEST, LOWEST, log_bands
from headstart.core.sound import Clip


def centres(bands: int) -> np.ndarray:
    mel = np.linspace(2595 * np.log10(1 + LOWEST / 700), 2595 * np.log10(1 + HIGHEST / 700), bands + 2)[1:-1]
    return 700 * (10 ** (mel / 2595) - 1)


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize("band", [3, 15, 30])
def test_a_tone_is_loudest_in_the_band_around_its_pitch(rate: int, band: int):
    time = np.arange(rate) / rate
    clip = Clip(samples=np.sin(2 * np.pi * centres(40)[band] * time).astype(np.float32), rate=rate)
    loudness = log_bands(clip, 40)
    assert abs(int(loudness.mean(axis=1).argmax()) - band) <= 1
    assert loudness.shape[1] == pytest.approx(98, abs=1)


def test_white_noise_is_about_as_loud_in_every_band_and_at_every_rate():
    for rate in (16000, 32000):
        noise = np.random.default_rng(0).normal(size=4 * rate).astype(np.float32) * 0.1
        power = (10 ** (log_bands(Clip(samples=noise, rate=rate), 20) / 10)).mean(axis=1)
        assert power == pytest.approx(np.full(20, 0.01), rel=0.15)


def test_ten_times_the_samples_are_twenty_decibels_more():
    noise = np.random.default_rng(0).normal(size=4000).astype(np.float32) * 0.01
    soft, loud = (log_bands(Clip(samples=noise * factor, rate=8000), 12) for factor in (1, 10))
    assert np.allclose(loud[:10] - soft[:10], 20.0, atol=1e-3)


def test_bands_beyond_half_the_rate_and_silence_are_at_the_floor():
    noise = np.random.default_rng(0).normal(size=4000).astype(np.float32)
    loudness = log_bands(Clip(samples=noise, rate=4000), 40)
    assert np.allclose(loudness[centres(40) > 2300], 10 * np.log10(FLOOR))
    assert np.allclose(log_bands(Clip(samples=np.zeros(800, dtype=np.float32), rate=8000), 8), -100.0)


def test_a_few_samples_are_one_frame():
    assert log_bands(Clip(samples=np.ones(3, dtype=np.float32), rate=8000), 8).shape == (8, 1)
