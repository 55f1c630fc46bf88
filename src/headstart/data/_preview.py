"""A decoded item small enough for a report: a thumbnail, a spectrogram or an excerpt."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from headstart.core.bands import log_bands
from headstart.core.sound import Clip

PIXELS = 112
"""Longer side of a thumbnail."""
CHARACTERS = 280
"""Length of an excerpt."""
BANDS, SOFTEST = 64, 60.0
"""Rows of a spectrogram, and decibels below the loudest that are black in it."""


def preview(decoded: Any) -> dict[str, str | None]:
    """``{"text": ..., "thumbnail": ...}``: an excerpt of a text, or a ``data:`` URI with a small JPEG of an image.

    Of a sound both: how long it lasts, and its spectrogram, time from left to right and pitch from low to high.
    """
    if isinstance(decoded, str):
        short = decoded if len(decoded) <= CHARACTERS else decoded[: CHARACTERS - 1].rstrip() + "…"
        return {"text": short, "thumbnail": None}
    if isinstance(decoded, Clip):
        return {"text": f"{decoded.seconds:.1f} s", "thumbnail": _uri(_spectrogram(decoded))}
    image = decoded.copy()
    image.thumbnail((PIXELS, PIXELS))
    return {"text": None, "thumbnail": _uri(image)}


def _spectrogram(clip: Clip) -> Image.Image:
    loudness = log_bands(clip, BANDS)
    shown = np.clip(1 + (loudness - loudness.max()) / SOFTEST, 0, 1)[::-1]
    return Image.fromarray((255 * shown).astype(np.uint8)).resize((PIXELS, BANDS), Image.Resampling.BOX)


def _uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
