from __future__ import annotations

import numpy as np
import pytest

from headstart.core.sound import Clip


def tone(pitch: float, rate: int, seconds: float = 0.5) -> Clip:
    samples = np.sin(2 * np.pi * pitch * np.arange(round(rate * seconds)) / rate)
    return Clip(samples=samples.astype(np.float32), rate=rate)


def test_its_length_is_in_seconds():
    assert tone(440, 8000).seconds == 0.5


@pytest.mark.parametrize(("given", "wanted"), [(8000, 16000), (44100, 16000), (16000, 22050)])
def test_another_rate_keeps_pitch_loudness_and_length(given: int, wanted: int):
    made, expected = tone(440, given).at(wanted), tone(440, wanted)
    assert made.rate == wanted
    assert made.samples.dtype == np.float32
    assert abs(len(made.samples) - len(expected.samples)) <= 1
    inner = slice(wanted // 10, -wanted // 10)
    assert np.abs(made.samples[: len(expected.samples)][inner] - expected.samples[inner]).max() < 0.01


def test_what_a_lower_rate_cannot_hold_is_removed_and_not_folded_back():
    made = tone(7000, 16000).at(8000)
    assert np.abs(made.samples[400:-400]).max() < 0.01


def test_its_own_rate_is_itself():
    clip = tone(440, 8000)
    assert clip.at(8000) is clip
