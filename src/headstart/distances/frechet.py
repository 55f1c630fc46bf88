"""The Fréchet distance between Gaussians, without the bias that few items give it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIRECTIONS = 32
"""Principal directions of both sides together that are looked at: covariances of more are mostly noise with hundreds of
items."""


def extrapolated(
    rows: NDArray[np.float64], sides: NDArray[np.bool_], random: np.random.Generator
) -> NDArray[np.float64]:
    """Squared distances ``(P,)`` between ``rows (N, D)`` on the first and on the second of all ``sides (N, P)``, as
    shares of the spread of all rows.

    Estimates from N items are too large by about a constant over N (Chong and Forsyth 2020, arXiv 1911.07023, section
    3). They extrapolate from many sizes; here ``2 d(N) - d(N / 2)``, the latter the mean over two halves drawn at
    random, takes that constant out. Around nothing the estimate is as often below 0.
    """
    centred = rows - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    order = random.permutation(len(rows))
    near, first, second = (centred @ directions[:DIRECTIONS].T)[order], sides[order], ~sides[order]
    half = np.where(first, first.cumsum(axis=0), second.cumsum(axis=0)) % 2 == 0
    whole = squared(near, first, second)
    part = 0.5 * (squared(near, first & half, second & half) + squared(near, first & ~half, second & ~half))
    return (2 * whole - part) / float(np.sum(near**2) / len(near))


def squared(rows: NDArray[np.float64], first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.float64]:
    """``|m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1^(1/2) C_2 C_1^(1/2))^(1/2))`` (Dowson and Landau 1982), ``(P,)``, between
    the ``rows (N, D)`` that ``first (N, P)`` marks and those that ``second (N, P)`` marks.
    """
    means, covariances = zip(*(_moments(rows, side) for side in (first, second)), strict=True)
    values, vectors = np.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]) @ vectors.transpose(0, 2, 1)
    between = np.linalg.eigvalsh(root @ covariances[1] @ root)
    overlap = np.sqrt(np.maximum(between, 0.0)).sum(axis=1)
    spread = np.trace(covariances[0], axis1=1, axis2=2) + np.trace(covariances[1], axis1=1, axis2=2)
    return np.sum((means[0] - means[1]) ** 2, axis=1) + spread - 2 * overlap


def _moments(rows: NDArray[np.float64], sides: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means ``(P, D)`` and covariances ``(P, D, D)`` of what each of ``sides (N, P)`` marks."""
    shares = sides / sides.sum(axis=0)
    means = shares.T @ rows
    squares = np.stack([(rows * share[:, None]).T @ rows for share in shares.T])
    return means, squares - means[:, :, None] * means[:, None, :]
