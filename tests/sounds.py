"""Folders of clips that a small network can tell apart: glides upwards and downwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from headstart.core.sound import Clip

RATE = 8000


def glide(up: bool, seed: int, seconds: float = 0.6) -> Clip:
    """A tone that rises or falls from another pitch with every ``seed``, with a little noise on it."""
    draw = np.random.default_rng(seed)
    time = np.arange(round(RATE * seconds)) / RATE
    start, change = draw.uniform(400, 900), draw.uniform(500, 1200)
    phase = start * time + (change if up else -change / 3) * time**2
    samples = 0.3 * np.sin(2 * np.pi * phase) + draw.normal(size=len(time)) * 0.01
    return Clip(samples=samples.astype(np.float32), rate=RATE)


def write(path: Path, clip: Clip) -> Path:
    """The clip as a file of the kind that its ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, clip.samples, clip.rate)
    return path


def folders(root: Path, *, train: int, test: int) -> Path:
    """``root`` with ``train/`` and ``test/``, each with the classes ``down`` and ``up``."""
    for split, count, first in (("train", train, 0), ("test", test, 1000)):
        for number in range(count):
            up = bool(number % 2)
            write(root / split / ("down", "up")[up] / f"{number:03}.wav", glide(up, first + number))
    return root
