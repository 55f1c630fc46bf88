"""LogME: the maximum evidence of a Bayesian linear model of each class's indicator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.score import TransferScore
from headstart.scores._sample import Sample, decomposed

_RANGE = 10.0
_POINTS = 41
_ZOOMS = 10


@dataclass(frozen=True)
class LogME(TransferScore):
    """Mean over classes of the maximum log-evidence per item (You et al. 2021, arXiv 2102.11005, equation 2).

    Each indicator y (N,) is modelled as ``y ~ N(F m, I / beta)``, ``m ~ N(0, I / alpha)``; the evidence is
    ``log N(y; 0, I / beta + F F' / alpha)``, maximised over alpha and beta. With ``t = alpha / beta``, s the
    eigenvalues of F F' and z the coordinates of y on its eigenvectors, the best beta for a given t is N / q with
    ``q = sum_i z_i^2 t / (s_i + t) + |y_outside|^2``, which leaves

        L(t) = -N/2 (ln(2 pi q / N) + 1) - 1/2 sum_i ln(1 + s_i / t)

    to be maximised over t alone. Departures: the paper's fixed point finds a stationary point of this L, here all of
    ten decades either side of the mean eigenvalue is searched and refined; and ``(D - r) ln alpha``, which the
    authors' fixed-point code leaves out of ``ln|A|`` (thuml/LogME issue 23) so that the score grows with D, is there.

    Comparable between backbones on the same items and classes only. Fails when: the noise on an indicator is far from
    Gaussian (always, mildly), few directions of many matter (the prior is isotropic), or the indicators are exact
    linear functions of fewer than N directions, where the evidence has no maximum and the range of t decides.
    """

    def score(self, features: NDArray[np.floating], targets: NDArray[np.int64]) -> float:
        """See `TransferScore.score`."""
        sample = Sample.of(features, targets)
        evidence, _, _ = maximum_evidence(sample.features, sample.onehot)
        return float(np.mean(evidence)) / len(sample.labels)


def maximum_evidence(
    features: NDArray[np.float64], columns: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Maximum log-evidence, alpha and beta, each ``(C,)``, for every column of ``columns (N, C)``."""
    spectrum, inside, outside = _decompose(features, columns)
    items = len(features)

    def evidence(log_t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log-evidence and q, both ``(points, C)``, at ``log_t (points, C)``."""
        t = np.exp(log_t)[:, :, None]
        shrunk = t / (spectrum + t)
        q = np.sum(inside * shrunk, axis=2) + outside
        return -0.5 * items * (np.log(2.0 * np.pi * q / items) + 1.0) + 0.5 * np.sum(np.log(shrunk), axis=2), q

    centre = np.full(columns.shape[1], np.log(spectrum.mean()))
    reach = _RANGE * np.log(10.0)
    for _ in range(_ZOOMS):
        grid = centre + np.linspace(-reach, reach, _POINTS)[:, None]
        best = evidence(grid)[0].argmax(axis=0)
        centre = grid[best, np.arange(len(best))]
        reach *= 4.0 / (_POINTS - 1)  # twice the spacing of the grid, either side
    found, q = (values[0] for values in evidence(centre[None]))
    beta = items / q
    return found, np.exp(centre) * beta, beta


def _decompose(
    features: NDArray[np.float64], columns: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalues ``(r,)`` of F F', squared coordinates ``(C, r)`` of the columns, and what is outside, ``(C,)``."""
    left, singular = decomposed(features)
    real = singular > singular[0] * max(features.shape) * np.finfo(np.float64).eps
    coordinates = left[:, real].T @ columns
    outside = np.sum((columns - left[:, real] @ coordinates) ** 2, axis=0)
    return singular[real] ** 2, coordinates.T**2, outside
