"""Copies of one recording: encoded again, at another rate, louder or softer. Not: two takes of the same words.

A fingerprint is the loudness in 16 bands over 64 stretches of the clip, each over the mean of its band. Copies
correlate nearly to one and last equally long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headstart.core.bands import log_bands
from headstart.core.sound import Clip

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS, STRETCHES = 16, 64
FINGERPRINT = BANDS * STRETCHES
FINGERPRINT_BYTES = 2 * FINGERPRINT
RATE = 8000
"""All clips are heard at this rate: what a low rate cannot hold must not tell copies apart."""
ALIKE = 0.98
"""Correlation of fingerprints from which on two clips are copies."""
LASTING = 0.02
"""Largest difference of their lengths, as a share."""
DEEPEST = 60.0
"""Decibels below the loudest that are told from silence; encoders differ in what lies deeper."""
AT_ONCE = 2048


def fingerprint(clip: Clip) -> bytes:
    """``(BANDS, STRETCHES)`` float16, zero where a band does not vary."""
    loudness = log_bands(clip.at(min(RATE, clip.rate)), BANDS)
    loudness = np.maximum(loudness - loudness.max(), -DEEPEST)
    edges = np.linspace(0, loudness.shape[1], STRETCHES + 1)
    starts = np.minimum(edges[:-1].astype(np.int64), loudness.shape[1] - 1)
    ends = np.maximum(np.ceil(edges[1:]).astype(np.int64), starts + 1)
    summed = np.concatenate([np.zeros((BANDS, 1)), np.cumsum(loudness, axis=1, dtype=np.float64)], axis=1)
    means = (summed[:, ends] - summed[:, starts]) / (ends - starts)
    means -= means.mean(axis=1, keepdims=True)
    return means.astype(np.float16).tobytes()


def near_pairs(prints: list[bytes], seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Pairs ``(P, 2)`` of row numbers of copies among N fingerprints of clips that last ``seconds (N,)``.

    Clips whose fingerprint hardly varies, silence above all, are alike to everything and to nothing: they are in no
    pair.
    """
    table = np.frombuffer(b"".join(prints), dtype=np.float16).reshape(-1, FINGERPRINT).astype(np.float32)
    norms = np.linalg.norm(table, axis=1)
    lively = np.flatnonzero(norms > np.sqrt(FINGERPRINT))  # more than a decibel of spread
    order = lively[np.argsort(seconds[lively], kind="stable")]
    unit, lasting = table[order] / norms[order, None], seconds[order]
    found = []
    for start in range(0, len(order), AT_ONCE):
        stop = min(start + AT_ONCE, len(order))
        # Only clips that last as long come into question; sorted by length they lie together.
        last = int(np.searchsorted(lasting, lasting[stop - 1] * (1 + LASTING), side="right"))
        rows, columns = np.nonzero(unit[start:stop] @ unit[start:last].T > ALIKE)
        close = (rows < columns) & (lasting[start + columns] <= lasting[start + rows] * (1 + LASTING))
        found.append(np.stack([order[start + rows[close]], order[start + columns[close]]], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)
