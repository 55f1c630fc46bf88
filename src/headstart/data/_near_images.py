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

from headstart.data._looks import LEAST_CONTRAST, Looks, halved

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = 64
"""Candidates examined per picture at most: enough to join any cluster, and a bound on their number."""

RADIUS = 0.10
"""Largest distance of two candidates' standardised 16 x 16 lumas, as root mean square in standard deviations."""

FREQUENCIES = 8
BLOCK = 1024

RMS_32, WORST_32 = 0.045, 0.18
RMS_64, WORST_64 = 0.09, 0.40
"""Largest differences of standardised luma between copies, in standard deviations."""

GAIN = (0.75, 1.33)
OFFSET = 32.0
"""Change of contrast (ratio) and of mean brightness (levels) that still makes a copy."""

CHROMA_RMS, CHROMA_WORST = 3.0, 8.0
"""Largest differences of chroma between copies, in levels of 255."""

CHUNK = 1024
"""Pairs compared at a time."""


def near_pairs(looks: Looks) -> NDArray[np.int64]:
    """Pairs ``(M, 2)`` of row numbers, smaller first, of pictures that are copies of each other.

    Each of N pictures is compared with all later ones by the 64 numbers of `_points`: time grows with the square of N.
    Memory beside the looks is 256 bytes a picture, the pairs, and what a block of pictures takes.
    """
    points, usable = _points(looks.luma)
    pairs = usable[_candidates(points)]
    kept = [
        part[_are_copies(looks, part)]
        for start in range(0, len(pairs), CHUNK)
        for part in [pairs[start : start + CHUNK]]
    ]
    return np.concatenate(kept) if kept else np.empty((0, 2), dtype=np.int64)


def _points(luma: NDArray[np.generic]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The 8 x 8 lowest frequencies ``(M, 64)`` of the standardised 16 x 16 lumas, and the rows ``(M,)`` they are of:
    those with contrast.

    The cosine transform is orthonormal, so leaving frequencies out only shortens distances: no pair that is within
    range in full is missed.
    """
    points, usable = [np.empty((0, FREQUENCIES**2), dtype=np.float32)], [np.empty(0, dtype=np.int64)]
    for start in range(0, len(luma), BLOCK):
        coarser = halved(luma[start : start + BLOCK])
        rows = np.flatnonzero(coarser.std(axis=(1, 2)) >= LEAST_CONTRAST)
        coarse = _standardised(coarser.reshape(-1, 16, 2, 16, 2).mean(axis=(2, 4))).reshape(-1, 16, 16) / 16.0
        spectrum = np.asarray(dctn(coarse, axes=(1, 2), norm="ortho"))
        points.append(spectrum[rows, :FREQUENCIES, :FREQUENCIES].reshape(-1, FREQUENCIES**2))
        usable.append(rows + start)
    return np.concatenate(points), np.concatenate(usable)


def _candidates(points: NDArray[np.float32]) -> NDArray[np.int64]:
    """Pairs ``(M, 2)``, smaller first, within `RADIUS`; of a picture with more than `NEIGHBOURS` the nearest ones."""
    squares = (points**2).sum(axis=1)
    found = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, len(points), BLOCK):
        rows = slice(start, start + BLOCK)
        near = np.empty((0, 3))  # row, later row, distance squared
        for left in range(start, len(points), BLOCK):
            others = slice(left, left + BLOCK)
            distances = squares[rows, None] + squares[others] - 2 * points[rows] @ points[others].T
            if left == start:
                distances[np.tril_indices(len(distances))] = np.inf
            a, b = np.nonzero(distances < RADIUS**2)
            if len(a):
                more = np.stack([a + start, b + left, distances[a, b]], axis=1).astype(np.float64)
                near = _nearest(np.concatenate([near, more]))
        found.append(near[np.lexsort((near[:, 1], near[:, 0])), :2].astype(np.int64))
    return np.concatenate(found)


def _nearest(near: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the ``(row, later row, distance)`` the `NEIGHBOURS` nearest of every row; of equal ones the earlier."""
    near = near[np.lexsort((near[:, 1], near[:, 2], near[:, 0]))]
    rank = np.arange(len(near)) - np.searchsorted(near[:, 0], near[:, 0])
    return near[rank < NEIGHBOURS]


def _are_copies(looks: Looks, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    a, b = pairs[:, 0], pairs[:, 1]
    halved_a, halved_b = halved(looks.luma[a]), halved(looks.luma[b])
    mean_a, mean_b = halved_a.mean(axis=(1, 2)), halved_b.mean(axis=(1, 2))
    gain = halved_b.std(axis=(1, 2)) / halved_a.std(axis=(1, 2))
    # Rounding the shorter side of a resized copy to whole pixels changes the aspect by up to one part in that side.
    same_shape = np.abs(np.log(looks.aspect[a] / looks.aspect[b])) < 0.01 + 1.0 / np.minimum(
        looks.short[a], looks.short[b]
    )
    same_light = (gain > GAIN[0]) & (gain < GAIN[1]) & (np.abs(mean_a - mean_b) < OFFSET)
    coarse = np.abs(_standardised(halved_a) - _standardised(halved_b))
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
