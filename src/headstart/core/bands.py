"""Loudness by pitch and time, without any learning: what pictures, copies and simple models of sound are made from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from headstart.core.sound import Clip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW, HOP = 0.025, 0.010
"""Seconds of a frame, and between two."""
LOWEST, HIGHEST = 40.0, 8000.0
"""Hz. A clip whose rate is less than twice the highest has silent upper bands."""
AT_ONCE = 4096
"""Frames whose spectra are held in memory: those of a clip take fifty times its own room."""
FLOOR = 1e-10
"""Power below which everything is silence (-100 dB of full scale)."""


def log_bands(clip: Clip, bands: int) -> NDArray[np.float32]:
    """Decibels of full scale ``(bands, frames)``, at least one frame.

    Power of Hann windows in triangular bands, spaced evenly on the mel scale (O'Shaughnessy's formula, 2595 log10(1 + f
    / 700)) and normalised so that white noise gives equal bands.
    """
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    size, hop = max(2, round(WINDOW * clip.rate)), max(1, round(HOP * clip.rate))
    samples = np.pad(clip.samples, (0, max(0, size - len(clip.samples))))
    frames = sliding_window_view(samples, size)[::hop]
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    width = 1 << (size - 1).bit_length()
    filters, loudness = _filters(clip.rate, width, bands), np.empty((bands, len(frames)), dtype=np.float32)
    for start in range(0, len(frames), AT_ONCE):
        spectrum = np.fft.rfft(frames[start : start + AT_ONCE] * window, n=width, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2) / float((window**2).sum())
        loudness[:, start : start + AT_ONCE] = 10 * np.log10(np.maximum(power @ filters, FLOOR)).T
    return loudness


@cache
def _filters(rate: int, width: int, bands: int) -> NDArray[np.float32]:
    """``(width // 2 + 1, bands)``; each column sums to one where the clip has such pitches."""
    import numpy as np

    def mel(hertz: NDArray[np.floating] | float) -> NDArray[np.float64]:
        return 2595 * np.log10(1 + np.asarray(hertz, dtype=np.float64) / 700)

    edges = np.linspace(mel(LOWEST), mel(HIGHEST), bands + 2)
    pitches = mel(np.fft.rfftfreq(width, 1 / rate))[:, None]
    rising = (pitches - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - pitches) / (edges[2:] - edges[1:-1])
    shares = np.maximum(0.0, np.minimum(rising, falling))
    # Where the windows are short, low bands lie between two pitches: they take the nearest one.
    empty = (shares.sum(axis=0) == 0) & (edges[1:-1] <= mel(rate / 2))
    nearest = np.abs(pitches - edges[1:-1]).argmin(axis=0)
    shares[nearest[empty], np.flatnonzero(empty)] = 1.0
    sums = shares.sum(axis=0)
    return (shares / np.where(sums > 0, sums, 1.0)).astype(np.float32)
