"""Sound without deep learning: loudness by pitch, how it varies, and a linear head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from headstart.baselines._logistic import LogisticBaseline
from headstart.core.bands import log_bands
from headstart.core.dataset import Modality
from headstart.core.sound import Clip

BANDS, CEPSTRA = 40, 20
SHARES = (0.1, 0.5, 0.9)
PARTS = {"loudness": 3 * BANDS, "cepstra": 2 * CEPSTRA, "changes": 2 * CEPSTRA, "length": 1}
LENGTH = sum(PARTS.values())


class Spectra(LogisticBaseline):
    """Quantiles of the loudness in 40 bands, means and spreads of 20 cepstra (the cosine transform of those bands;
    Davis and Mermelstein 1980) and of their changes from frame to frame, and the length.

    Loudness is taken from the loudest frame, so that the volume of a recording does not matter. Columns are scaled to a
    variance of one.
    """

    modality: ClassVar[Modality] = "audio"
    summary: ClassVar[str] = "Loudness by pitch, cepstra and their changes with logistic regression."
    name: ClassVar[str] = "spectra"
    parts: ClassVar[Mapping[str, int]] = PARTS

    def describe(self, items: Sequence[Any]) -> NDArray[np.float32]:
        """See `Baseline.describe`: ``(N, LENGTH)``."""
        rows = [_described(items[position]) for position in range(len(items))]
        return np.stack(rows) if rows else np.zeros((0, LENGTH), dtype=np.float32)

    def scale(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `LogisticBaseline.scale`."""
        spread = features.std(axis=0)
        return np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 1e-9)


def _described(clip: Clip) -> NDArray[np.float32]:
    from scipy.fft import dct

    peak = float(np.abs(clip.samples).max())
    loudness = log_bands(Clip(samples=clip.samples / peak, rate=clip.rate) if peak > 0 else clip, BANDS)
    loudness = np.maximum(loudness - loudness.max(), -80.0)
    cepstra = np.asarray(dct(loudness, type=2, axis=0, norm="ortho"))[:CEPSTRA]
    changes = np.diff(cepstra, axis=1) if cepstra.shape[1] > 1 else np.zeros_like(cepstra)
    parts = [
        np.quantile(loudness, SHARES, axis=1).ravel(),
        cepstra.mean(axis=1),
        cepstra.std(axis=1),
        np.abs(changes).mean(axis=1),
        changes.std(axis=1),
        [np.log(max(clip.seconds, 0.01))],
    ]
    return np.concatenate(parts).astype(np.float32)
