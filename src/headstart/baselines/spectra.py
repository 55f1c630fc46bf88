"""Sound without deep learning: loudness by pitch, how it varies, and a linear head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from headstart.baselines import _files
from headstart.core.backbone import LinearHead
from headstart.core.bands import log_bands
from headstart.core.baseline import Baseline
from headstart.core.dataset import Modality
from headstart.core.errors import Unavailable, UserError
from headstart.core.sound import Clip
from headstart.heads.folds import grouped_folds
from headstart.heads.logistic import FOLDS, fit_logistic
from headstart.heads.weights import balanced_weights

BANDS, CEPSTRA = 40, 20
SHARES = (0.1, 0.5, 0.9)
PARTS = {"loudness": 3 * BANDS, "cepstra": 2 * CEPSTRA, "changes": 2 * CEPSTRA, "length": 1}
"""Parts of a description in order, with their lengths."""
LENGTH = sum(PARTS.values())


class Spectra(Baseline[NDArray[np.float32]]):
    """Logistic regression on quantiles of the loudness in 40 bands, means and spreads of 20 cepstra (the cosine
    transform of those bands; Davis and Mermelstein 1980) and of their changes from frame to frame, and the length.

    Loudness is taken from the loudest frame, so that the volume of a recording does not matter. The penalty is chosen
    by five-fold log-loss; classes are made to count the same by adding the log of their balanced weights to the logits
    (Menon et al. 2021, arXiv 2007.07314, equation 9). Columns are centred and scaled to one.
    """

    modality: ClassVar[Modality] = "audio"
    summary: ClassVar[str] = "Loudness by pitch, cepstra and their changes with logistic regression."

    def __init__(self) -> None:
        self._head: LinearHead | None = None

    def describe(self, items: Sequence[Any]) -> NDArray[np.float32]:
        """See `Baseline.describe`: ``(N, LENGTH)``."""
        rows = [_described(items[position]) for position in range(len(items))]
        return np.stack(rows) if rows else np.zeros((0, LENGTH), dtype=np.float32)

    def fit(
        self,
        described: NDArray[np.float32],
        targets: NDArray[np.int64],
        outputs: int,
        groups: NDArray[np.int64] | None = None,
    ) -> None:
        """See `Baseline.fit`."""
        features = described.astype(np.float64)
        mean, spread = features.mean(axis=0), features.std(axis=0)
        scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 1e-9)
        folds = grouped_folds(targets, groups, FOLDS, 0)
        head = fit_logistic((features - mean) * scale, targets, outputs, folds=folds, floor=None).head
        weight, balance = head.weight * scale, np.log(balanced_weights(targets, outputs))
        self._head = LinearHead(weight=weight, bias=head.bias - weight @ mean + balance)

    def logits(self, described: NDArray[np.float32]) -> NDArray[np.float64]:
        """See `Baseline.logits`."""
        return self._fitted().logits(described)

    def save(self, folder: Path) -> None:
        """See `Baseline.save`."""
        head = self._fitted()
        record = {"baseline": "spectra", "schema": 1, "parts": PARTS}
        _files.write(folder, record, {"weight": head.weight, "bias": head.bias})

    @classmethod
    def load(cls, folder: Path) -> Spectra:
        """See `Baseline.load`."""
        record, numbers = _files.read(folder, "spectra", {"weight": 2, "bias": 1})
        if record.get("parts") != PARTS or numbers["weight"].shape[1] != LENGTH:
            raise Unavailable(
                f"The baseline in '{folder}' reads other descriptions of sound than this version makes. Fit it again."
            )
        loaded = cls()
        loaded._head = LinearHead(weight=numbers["weight"], bias=numbers["bias"])
        return loaded

    def _fitted(self) -> LinearHead:
        if self._head is None:
            raise UserError("This baseline has not been fitted: call fit or load first.")
        return self._head


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
