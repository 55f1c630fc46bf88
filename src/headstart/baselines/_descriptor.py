"""What an image looks like without any learning: colours, edges and a coarse layout."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 128
"""Images are squeezed to a square of this many pixels: the layout is kept, the aspect ratio is not."""
LEAST_SIDE = 4 * SIDE
"""Pixels that a picture's shorter side should have: about as many as networks of 224 to 288 pixels ask for, so that one
decoded picture serves them all.
"""
CELL = 8
ORIENTATIONS = 9
STRENGTHS = 10
HSV_BINS = (8, 4, 4)
GREYS = 32
THUMBNAIL = 16

THREADS = 2
"""More only wait for the interpreter lock, which half of the work holds."""

_CELLS = SIDE // CELL
BLOCKS = {
    "colours": int(np.prod(HSV_BINS)),
    "greys": GREYS,
    "gradients": _CELLS * _CELLS * ORIENTATIONS,
    "texture": ORIENTATIONS * STRENGTHS,
    "thumbnail": THUMBNAIL * THUMBNAIL,
}
"""Parts of a descriptor in order, with their lengths."""
LENGTH = sum(BLOCKS.values())
_CELL_OF_PIXEL = (np.arange(SIDE) // CELL)[:, None] * _CELLS + (np.arange(SIDE) // CELL)
_CLIP = 0.2


def describe(images: Sequence[Image.Image]) -> NDArray[np.float32]:
    """Descriptors ``(N, LENGTH)`` of RGB images, at about two milliseconds each on one core.

    ``images`` may decode an item when it is asked for it; that happens on two threads.

    ``colours`` is a joint histogram of hue, saturation and value and ``greys`` one of luminance, both over the whole
    image; ``gradients`` are histograms of oriented gradients per cell (Dalal and Triggs 2005, with the cell-wise
    normalisation of Felzenszwalb et al. 2010, section 6.1: each cell is normalised by its four 2 x 2 neighbourhoods,
    clipped at 0.2, and the four are summed instead of kept apart); ``texture`` counts pixels by orientation and
    strength of their gradient wherever they are; ``thumbnail`` is the luminance in [0, 1] at 16 x 16. Histograms are
    shares under a square root, whose Euclidean distance is Hellinger's.
    """
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        rows = list(pool.map(lambda position: _describe(images[position]), range(len(images))))
    return np.stack(rows) if rows else np.zeros((0, LENGTH), dtype=np.float32)


def _describe(image: Image.Image) -> NDArray[np.float32]:
    small = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    luminance = small.convert("L")
    grey = np.asarray(luminance, dtype=np.float32) / 255.0
    thumbnail = np.asarray(luminance.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX), dtype=np.float32) / 255.0
    gradients, texture = _gradients(grey)
    parts = [
        _shares(_hsv_codes(small), BLOCKS["colours"]),
        _shares(np.asarray(luminance) // (256 // GREYS), GREYS),
        gradients,
        texture,
        thumbnail.ravel(),
    ]
    return np.concatenate(parts).astype(np.float32)


def _hsv_codes(image: Image.Image) -> NDArray[np.int64]:
    channels = np.moveaxis(np.asarray(image.convert("HSV"), dtype=np.int64), 2, 0)
    hue, saturation, value = (channel * bins // 256 for channel, bins in zip(channels, HSV_BINS, strict=True))
    return (hue * HSV_BINS[1] + saturation) * HSV_BINS[2] + value


def _shares(codes: NDArray[np.integer], bins: int) -> NDArray[np.float64]:
    return np.sqrt(np.bincount(codes.ravel(), minlength=bins) / codes.size)


def _gradients(grey: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Normalised cell histograms and the texture histogram of ``grey (SIDE, SIDE)``, both flat."""
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    down[1:-1] = grey[2:] - grey[:-2]
    strength = np.hypot(across, down)
    # Unsigned orientation in units of bins; every pixel is shared by the two nearest bin centres.
    angle = np.arctan2(down, across) * (ORIENTATIONS / np.pi) % ORIENTATIONS
    below = np.floor(angle - 0.5)
    share = angle - 0.5 - below
    first = below.astype(np.int64) % ORIENTATIONS
    second = (first + 1) % ORIENTATIONS
    votes = sum(
        np.bincount((_CELL_OF_PIXEL * ORIENTATIONS + bins).ravel(), (strength * part).ravel(), BLOCKS["gradients"])
        for bins, part in ((first, 1.0 - share), (second, share))
    )
    cells = _normalised(np.asarray(votes).reshape(_CELLS, _CELLS, ORIENTATIONS))
    # Octaves of strength below 1, the range of luminance; anything fainter than 2**-8 is one bin.
    octave = np.clip(np.ceil(np.log2(np.maximum(strength, 2.0**-9)) + 9.0), 0, STRENGTHS - 1).astype(np.int64)
    nearest = angle.astype(np.int64) % ORIENTATIONS
    return cells.ravel(), _shares(nearest * STRENGTHS + octave, BLOCKS["texture"])


def _normalised(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of the four neighbourhood normalisations of ``cells (H, W, ORIENTATIONS)``, clipped, halved."""
    energy = np.pad(np.sum(cells**2, axis=2), 1, mode="edge")
    around = energy[:-1, :-1] + energy[1:, :-1] + energy[:-1, 1:] + energy[1:, 1:]
    # A hundredth of the full range at every pixel: flat cells stay near zero instead of showing amplified noise.
    floor = (0.01 * CELL * CELL) ** 2
    norms = np.sqrt(np.stack([around[:-1, :-1], around[1:, :-1], around[:-1, 1:], around[1:, 1:]]) + floor)
    return np.minimum(cells / norms[..., None], _CLIP).sum(axis=0) / 2.0
