"""TransRate: how many bits the classes save in coding the features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.score import TransferScore
from headstart.scores._sample import Sample


@dataclass(frozen=True)
class TransRate(TransferScore):
    """``R(Z) - sum_c n_c/N R(Z_c)`` with ``R(Z) = 1/2 ln det(I + Z'Z / (n eps))`` over the n rows of Z, in nats
    (Huang et al. 2022, arXiv 2106.09362, equations 3 to 5). Never negative, since ln det is concave.

    Z are the features, centred and, because R depends on scale, divided so that a row has mean squared norm 1. The
    classes weigh by their frequency as in the paper; its code, and libraries after it, average them evenly, which is
    another quantity as soon as classes are unequal. ``eps`` is the squared distortion per row.

    Comparable between backbones on the same items; wider and more isotropic features have more to save, so it leans
    towards width. Fails when: N is not well above D. A class of n items spans at most n directions whatever the
    labels, and splitting any sample into small parts then saves bits: 400 items of pure noise in 1280 dimensions score
    four times as high as real features.
    """

    eps: float = 1e-4

    def score(self, features: NDArray[np.floating], targets: NDArray[np.int64]) -> float:
        """See `TransferScore.score`."""
        sample = Sample.of(features, targets)
        rows = sample.features - sample.features.mean(axis=0)
        rows /= np.sqrt(np.mean(np.sum(rows**2, axis=1)))
        parts = [coding_rate(rows[sample.labels == label], self.eps) for label in range(len(sample.counts))]
        return coding_rate(rows, self.eps) - float(sample.shares @ np.array(parts))


def coding_rate(rows: NDArray[np.float64], eps: float) -> float:
    """``1/2 ln det(I + Z'Z / (n eps))`` of ``rows (n, D)`` in nats, on the smaller side (Sylvester's identity)."""
    gram = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
    return 0.5 * float(np.linalg.slogdet(np.eye(len(gram)) + gram / (len(rows) * eps))[1])
