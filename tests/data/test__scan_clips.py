from __future__ import annotations

import hashlib
import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from headstart.core.progress import Silent
from headstart.data import _scan_clips
from headstart.data._arrow import image_items
from headstart.data._scan_clips import scan_clips


def encoded(samples: np.ndarray, kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, 8000, format=kind, subtype="PCM_16")
    return buffer.getvalue()


def test_every_clip_is_heard_and_what_cannot_be_is_said(tmp_path: Path):
    samples = (np.sin(np.arange(4000) / 9) * 13000).astype(np.int16)
    path = tmp_path / "a.wav"
    path.write_bytes(encoded(samples))
    rows = [(str(path), None), (None, encoded(samples, "FLAC")), (str(tmp_path / "none.wav"), None)]
    rows += [(None, None), (None, b"nothing to hear")]
    first, second, missing, empty, text = scan_clips(image_items(rows), Silent())
    assert first.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert first.digest != second.digest
    assert first.pixels == second.pixels != ""
    assert (first.problem, first.seconds, len(first.look)) == (None, pytest.approx(0.5), 2048)
    assert missing.problem == "there is no such file"
    assert empty.problem == "there is no sound in this row"
    assert text.problem.startswith("it is not a sound; it is text")


def test_a_second_scan_hears_nothing_and_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.wav"
    path.write_bytes(encoded((np.sin(np.arange(4000) / 9) * 13000).astype(np.int16)))
    os.utime(path, (time.time() - 60,) * 2)
    items = image_items([(str(path), None)])
    first = scan_clips(items, Silent())

    def refuse(*_: object):
        raise AssertionError("it was heard again")

    monkeypatch.setattr(_scan_clips, "heard", refuse)
    assert scan_clips(items, Silent()) == first
    assert first[0].seconds == pytest.approx(0.5)
