from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from headstart.data._formats import FORMATS, SOUNDS, SUFFIXES, sounds

KINDS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3", ".aiff": "AIFF", ".au": "AU"}


@pytest.mark.parametrize(("suffix", "kind"), KINDS.items())
def test_sound_files_are_known_by_their_first_bytes(suffix: str, kind: str, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, np.sin(np.arange(8000) / 9) / 2, 8000, format=kind)
    assert kind in SOUNDS[suffix]
    assert sounds(path.read_bytes()[:16])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_pictures_are_no_sounds(kind: str, tmp_path: Path):
    path = tmp_path / "a"
    Image.new("RGB", (8, 8)).save(path, kind)
    assert not sounds(path.read_bytes()[:16])


def test_no_ending_belongs_to_both():
    assert not SUFFIXES & SOUNDS.keys()
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in (*SUFFIXES, *SOUNDS))
    assert all(kind == kind.upper() for kinds in (FORMATS, *SOUNDS.values()) for kind in kinds)
