"""A decoded item small enough for a report: a thumbnail or an excerpt."""

from __future__ import annotations

import base64
import io
from typing import Any

PIXELS = 112
"""Longer side of a thumbnail."""
CHARACTERS = 280
"""Length of an excerpt."""


def preview(decoded: Any) -> dict[str, str | None]:
    """``{"text": ..., "thumbnail": ...}``: an excerpt of a text, or a ``data:`` URI with a small JPEG of an image."""
    if isinstance(decoded, str):
        short = decoded if len(decoded) <= CHARACTERS else decoded[: CHARACTERS - 1].rstrip() + "…"
        return {"text": short, "thumbnail": None}
    image = decoded.copy()
    image.thumbnail((PIXELS, PIXELS))
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=80)
    return {"text": None, "thumbnail": "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()}
