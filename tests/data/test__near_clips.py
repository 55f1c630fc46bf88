from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from headstart.core.sound import Clip
from headstart.data._clip import heard
from headstart.data._near_clips import fingerprint, near_pairs


def words(seed: int, seconds: float = 1.5, rate: int = 16000) -> Clip:
    """Bursts of harmonics at random pitches, as syllables are."""
    draws = np.random.default_rng(seed)
    time = np.arange(round(rate * seconds)) / rate
    samples = np.zeros(len(time))
    for start in np.cumsum(draws.uniform(0.1, 0.3, size=8)):
        pitch, length = draws.uniform(90, 250), draws.uniform(0.08, 0.2)
        loud = np.exp(-(((time - start) / length) ** 2) * 4)
        samples += loud * sum(np.sin(2 * np.pi * pitch * k * time) * draws.uniform(0, 1 / k) for k in range(1, 12))
    return Clip(samples=(0.2 * samples / np.abs(samples).max()).astype(np.float32), rate=rate)


def again(clip: Clip, kind: str) -> Clip:
    buffer = io.BytesIO()
    soundfile.write(buffer, clip.samples, clip.rate, format=kind)
    return heard(buffer.getvalue(), "x").clip


def pairs(*clips: Clip) -> set[tuple[int, int]]:
    seconds = np.array([clip.seconds for clip in clips])
    return {tuple(sorted(pair)) for pair in near_pairs([fingerprint(clip) for clip in clips], seconds).tolist()}


@pytest.mark.parametrize(
    "copied",
    [
        lambda clip: Clip(samples=clip.samples * 0.3, rate=clip.rate),
        lambda clip: clip.at(8000),
        lambda clip: clip.at(22050),
        lambda clip: again(clip, "OGG"),
        lambda clip: again(clip, "FLAC"),
    ],
)
def test_a_copy_is_found(copied):
    for seed in range(5):
        assert pairs(words(seed), copied(words(seed))) == {(0, 1)}


def test_other_recordings_are_not_taken_for_copies():
    clips = [words(seed) for seed in range(25)]
    assert pairs(*clips) == set()


def test_silence_and_a_steady_tone_are_in_no_pair():
    silence = Clip(samples=np.zeros(8000, dtype=np.float32), rate=8000)
    assert pairs(silence, silence, words(0)) == set()


def test_clips_of_other_lengths_are_not_compared():
    clip = words(0)
    assert pairs(clip, Clip(samples=clip.samples[: len(clip.samples) * 9 // 10], rate=clip.rate)) == set()


def test_all_pairs_are_found_in_parts(monkeypatch):
    clips = [words(seed % 7, seconds=1.0 + 0.3 * (seed % 7)) for seed in range(21)]
    whole = pairs(*clips)
    assert len(whole) == 7 * 3
    monkeypatch.setattr("headstart.data._near_clips.AT_ONCE", 4)
    assert pairs(*clips) == whole


def test_nothing_has_no_pairs():
    assert near_pairs([], np.zeros(0)).shape == (0, 2)
