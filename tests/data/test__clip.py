from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from headstart.core.errors import UnreadableItem
from headstart.core.sound import Clip
from headstart.data._clip import LONGEST, heard, read_clip


def wave(rate: int = 8000, seconds: float = 0.5, channels: int = 1) -> np.ndarray:
    time = np.arange(round(rate * seconds)) / rate
    sides = [0.5 * np.sin(2 * np.pi * 300 * (side + 1) * time) for side in range(channels)]
    return np.stack(sides, axis=1).astype(np.float32)


def encoded(kind: str, samples: np.ndarray, rate: int = 8000, subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "subtype", "within"),
    [("WAV", "PCM_16", 1e-4), ("WAV", "PCM_U8", 0.01), ("FLAC", None, 1e-4), ("OGG", "VORBIS", 0.1),
     ("MP3", None, 0.1), ("AIFF", "PCM_24", 1e-6)],
)  # fmt: skip
def test_every_format_gives_one_channel_in_float32(kind: str, subtype: str | None, within: float):
    samples = wave(seconds=1.0)
    clip = heard(encoded(kind, samples, subtype=subtype), "x").clip
    assert (clip.rate, clip.samples.dtype, clip.samples.ndim) == (8000, np.float32, 1)
    assert clip.seconds == pytest.approx(1.0, abs=0.2)
    if kind != "MP3":  # whose encoder adds some silence in front
        assert np.sqrt(np.mean((clip.samples[:8000] - samples[:, 0]) ** 2)) < within


def test_channels_are_averaged():
    samples = wave(channels=2)
    clip = heard(encoded("WAV", samples, subtype="FLOAT"), "x").clip
    assert np.allclose(clip.samples, samples.mean(axis=1))


def test_paths_bytes_samples_and_mappings_are_read_alike(tmp_path: Path):
    samples = wave()[:, 0]
    raw = encoded("WAV", samples, subtype="FLOAT")
    (tmp_path / "a.wav").write_bytes(raw)
    ways = [str(tmp_path / "a.wav"), tmp_path / "a.wav", raw, (samples, 8000), (samples.astype(np.float64), 8000)]
    ways += [{"array": samples.tolist(), "sampling_rate": 8000}, Clip(samples=samples, rate=8000)]
    for way in ways:
        clip = read_clip(way)
        assert clip.rate == 8000
        assert np.allclose(clip.samples, samples)


def test_whole_numbers_are_scaled_by_their_full_scale():
    assert read_clip((np.array([32767, -32767, 0], dtype=np.int16), 8000)).samples.tolist() == [
        32767 / 32768,
        -32767 / 32768,
        0.0,
    ]
    assert np.allclose(
        read_clip((np.array([255, 0, 128], dtype=np.uint8), 8000)).samples, [0.992, -1.0, 0.0], atol=1e-3
    )


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "it is empty (0 bytes)"),
        (b"hello there, no sound", "it is not a sound; it is text (it begins with 'hello there, no sound')"),
        (b"RIFF\x00\x00", "it is not a sound; it is damaged, or in a format that is not supported"),
        (encoded("WAV", np.zeros((0, 1))), "it holds no sound (0 samples)"),
        (encoded("WAV", np.full((99, 1), np.nan), subtype="FLOAT"), "some of its samples are no numbers"),
        ((np.zeros(9), 100), "its rate is 100 samples a second, expected 1000 or more"),
        ((np.zeros((2, 3, 4)), 8000), "its samples have the shape 2x3x4 and the rate 8000, expected (n,) and Hz"),
        ((np.zeros(9), "8k"), "its samples have the shape 9 and the rate '8k', expected (n,) and Hz"),
        ((np.array(["a"]), 8000), "its samples are <U1, expected numbers"),
        (7, "it is a int, expected a path, bytes, or samples with their rate: (samples, rate)"),
    ],
)  # fmt: skip
def test_what_is_no_sound_is_refused_with_the_reason(source, reason: str):
    with pytest.raises(UnreadableItem) as caught:
        read_clip(source)
    assert caught.value.reason.startswith(reason)


def test_what_lasts_too_long_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr("headstart.data._clip.LONGEST", 1.0)
    for source in (encoded("WAV", wave(seconds=90.0)), (wave(seconds=90.0), 8000)):
        with pytest.raises(UnreadableItem, match="it lasts 2 minutes, and at most 0 are taken for one item"):
            read_clip(source)
    assert LONGEST == 600.0


@pytest.mark.parametrize(
    ("samples", "name", "odd"),
    [
        (wave(), "a.wav", ()),
        (wave(), "a.mp3", ("wrong_extension",)),
        (wave(seconds=0.05), "a.wav", ("short_clip",)),
        (wave() * 1e-4, "a.wav", ("silent",)),
        (np.clip(wave() * 9, -1, 1), "a.wav", ("overdriven",)),
    ],
)
def test_what_is_odd_about_a_file_is_noticed(samples: np.ndarray, name: str, odd: tuple[str, ...]):
    assert heard(encoded("WAV", samples, subtype="FLOAT"), name).odd == odd


def test_samples_with_channels_first_are_refused():
    with pytest.raises(UnreadableItem, match=r"the shape 2x8000, expected \(n, channels\): transpose them"):
        read_clip((np.zeros((2, 8000), dtype=np.float32), 8000))


def test_integers_of_unknown_full_scale_are_refused():
    with pytest.raises(UnreadableItem, match="samples are int64, whose full scale is unknown; give int16 or floats"):
        read_clip({"array": [0, 1000, -1000], "sampling_rate": 8000})


def test_samples_in_memory_are_scaled_as_those_of_files(tmp_path: Path):
    samples = np.array([0, 1, -32768, 32767] * 100, dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", samples, 8000)
    assert np.array_equal(read_clip((samples, 8000)).samples, read_clip(tmp_path / "a.wav").samples)


def test_channels_that_cancel_each_other_are_silent(tmp_path: Path):
    tone = np.sin(np.arange(8000) / 9).astype(np.float32) * 0.5
    soundfile.write(tmp_path / "a.wav", np.stack([tone, -tone], axis=1), 8000, subtype="FLOAT")
    assert "silent" in heard((tmp_path / "a.wav").read_bytes(), "a.wav").odd
