"""Copies of one picture: encoded again, resized, a little brighter or darker. Not: pictures that look alike.

Candidates come from a range search, the decision from a pixel-by-pixel comparison of the 64 x 64 looks. The limits
were set on solar cells (2,624 grey pictures of the same object under the same light, where correlation of thumbnails
reaches 0.998 between different cells) and on emoji drawings (same outline, other colour); see the tests.
Mirrored, rotated and cropped copies are not found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import dctn

from headstart.data._looks import Looks

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 64
"""Candidates examined per picture at most: enough to join any cluster, and a bound on their number."""

RADIUS = 0.10
"""Largest distance of two candidates' standardised 16 x 16 lumas, as root mean square in standard deviations."""

FREQUENCIES = 8
BLOCK = 1024

LEAST_CONTRAST = 2.0
"""Pictures whose luma varies less than this (standard deviation, levels of 255) are nearly blank: all blank pictures
are alike, so only identical pixels tie them."""

RMS_32, WORST_32 = 0.045, 0.18
RMS_64, WORST_64 = 0.09, 0.40
"""Largest differences of standardised luma between copies, in standard deviations."""

GAIN = (0.75, 1.33)
OFFSET = 32.0
"""Change of contrast (ratio) and of mean brightness (levels) that still makes a copy."""

CHROMA_RMS, CHROMA_WORST = 3.0, 8.0
"""Largest differences of chroma between copies, in levels of 255."""

CHUNK = 4096


def near_pairs(looks: Looks) -> NDArray[np.int64]:
    """Pairs ``(M, 2)`` of row numbers, smaller first, of pictures that are copies of each other."""
    luma = looks.luma.astype(np.float32)
    halved = luma.reshape(-1, 32, 2, 32, 2).mean(axis=(2, 4))
    usable = np.flatnonzero(halved.std(axis=(1, 2)) >= LEAST_CONTRAST)
    pairs = usable[_candidates(halved[usable])]
    kept = [
        part[_are_copies(looks, halved, part)]
        for start in range(0, len(pairs), CHUNK)
        for part in [pairs[start : start + CHUNK]]
    ]
    return np.concatenate(kept) if kept else np.empty((0, 2), dtype=np.int64)


def _candidates(halved: NDArray[np.float32]) -> NDArray[np.int64]:
    """Pairs ``(M, 2)``, smaller first, within `RADIUS`; of a picture with more than `NEIGHBOURS` the nearest ones.

    The search compares the 8 x 8 lowest frequencies. The cosine transform is orthonormal, so leaving frequencies out
    only shortens distances: no pair that is within range in full is missed.
    """
    n = len(halved)
    if n < 2:
        return np.empty((0, 2), dtype=np.int64)
    coarse = _standardised(halved.reshape(-1, 16, 2, 16, 2).mean(axis=(2, 4))).reshape(-1, 16, 16) / 16.0
    spectrum = np.asarray(dctn(coarse, axes=(1, 2), norm="ortho"))
    points = spectrum[:, :FREQUENCIES, :FREQUENCIES].reshape(n, -1)
    squares = (points**2).sum(axis=1)
    found = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, n, BLOCK):
        block = points[start : start + BLOCK]
        distances = squares[start : start + BLOCK, None] + squares[start:] - 2 * block @ points[start:].T
        distances[np.tril_indices(len(block))] = np.inf
        near = distances < RADIUS**2
        for row in np.flatnonzero(near.sum(axis=1) > NEIGHBOURS):
            near[row, np.argsort(distances[row])[NEIGHBOURS:]] = False
        found.append(np.argwhere(near) + start)
    return np.concatenate(found)


def _are_copies(looks: Looks, halved: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    a, b = pairs[:, 0], pairs[:, 1]
    mean_a, mean_b = halved[a].mean(axis=(1, 2)), halved[b].mean(axis=(1, 2))
    gain = halved[b].std(axis=(1, 2)) / halved[a].std(axis=(1, 2))
    # Rounding the shorter side of a resized copy to whole pixels changes the aspect by up to one part in that side.
    same_shape = np.abs(np.log(looks.aspect[a] / looks.aspect[b])) < 0.01 + 1.0 / np.minimum(
        looks.short[a], looks.short[b]
    )
    same_light = (gain > GAIN[0]) & (gain < GAIN[1]) & (np.abs(mean_a - mean_b) < OFFSET)
    coarse = np.abs(_standardised(halved[a]) - _standardised(halved[b]))
    fine = np.abs(_standardised(looks.luma[a]) - _standardised(looks.luma[b]))
    same_luma = (_rms(coarse) < RMS_32) & (coarse.max(axis=1) < WORST_32)
    same_luma &= (_rms(fine) < RMS_64) & (fine.max(axis=1) < WORST_64)
    colour = np.abs(looks.chroma[b] - gain[:, None] * looks.chroma[a])
    same_colour = (_rms(colour) < CHROMA_RMS) & (colour.max(axis=1) < CHROMA_WORST)
    return same_shape & same_light & same_luma & same_colour


def _standardised(planes: NDArray[np.generic]) -> NDArray[np.float32]:
    """Each ``(N, S, S)`` plane flattened to mean 0 and standard deviation 1."""
    flat = planes.reshape(len(planes), -1).astype(np.float32)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(flat.std(axis=1, keepdims=True), 1e-6)


def _rms(differences: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.sqrt((differences**2).mean(axis=1))
