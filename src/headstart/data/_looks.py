"""A small fixed-size view of a picture, enough to tell copies from look-alikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 64
CHROMA_SIDE = 8
LOOK_BYTES = SIDE**2 + 2 * CHROMA_SIDE**2

LEAST_CONTRAST = 2.0
"""Pictures whose `halved` luma varies less than this (standard deviation, levels of 255) are nearly blank: all blank
pictures are alike, so only identical pixels tie them."""


def look(image: Image.Image) -> bytes:
    """Luma of ``image`` (RGB) at 64 x 64 and its two chroma planes at 8 x 8, one byte each, aspect not kept.

    Bicubic with its support widened to the reduction factor: plain box averaging over a non-integer number of pixels
    makes regular patterns (the fingers of a solar cell, woven cloth) alias differently at each original size.
    """
    small = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=3.0).convert("YCbCr")
    luma, *chroma = small.split()
    reduced = [plane.resize((CHROMA_SIDE, CHROMA_SIDE), Image.Resampling.BOX) for plane in chroma]
    return luma.tobytes() + b"".join(plane.tobytes() for plane in reduced)


def nearly_blank(seen: bytes) -> bool:
    """Whether what `look` gave says nothing of which picture it is: see `LEAST_CONTRAST`."""
    return bool(halved(np.frombuffer(seen, dtype=np.uint8, count=SIDE**2)).std() < LEAST_CONTRAST)


def halved(luma: NDArray[np.generic]) -> NDArray[np.float32]:
    """``(N, 32, 32)`` means of 2 x 2 pixels of the luma ``(N, 64, 64)`` of N looks."""
    return luma.astype(np.float32).reshape(-1, SIDE // 2, 2, SIDE // 2, 2).mean(axis=(2, 4))


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Looks of N pictures: ``luma (N, 64, 64)``, ``chroma (N, 128)`` centred on zero, ``aspect (N,)`` width by height,
    ``short (N,)`` the shorter side in pixels.
    """

    luma: NDArray[np.uint8]
    chroma: NDArray[np.float32]
    aspect: NDArray[np.float64]
    short: NDArray[np.float64]

    @classmethod
    def from_bytes(cls, looks: Sequence[bytes], sizes: Sequence[tuple[int, int]]) -> Looks:
        """From what `look` gave and the pictures' ``(width, height)``."""
        table = np.frombuffer(b"".join(looks), dtype=np.uint8).reshape(len(looks), LOOK_BYTES)
        width_height = np.asarray(sizes, dtype=np.float64).reshape(len(sizes), 2)
        return cls(
            luma=table[:, : SIDE**2].reshape(-1, SIDE, SIDE),
            chroma=table[:, SIDE**2 :].astype(np.float32) - 128,
            aspect=width_height[:, 0] / width_height[:, 1],
            short=width_height.min(axis=1),
        )
