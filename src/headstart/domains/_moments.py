"""Means, covariances and their powers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf

ROUNDING = 1e-12
"""Share of its mean up to which a column's spread is that of rounding."""
TINY = 1e-10
"""Share of the largest eigenvalue below which a direction counts as empty."""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """``mean (D,)`` and ``covariance (D, D)`` of some rows."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def of(cls, rows: NDArray[np.float64]) -> Moments:
        """Of ``rows (N, D)``, the covariance shrunk as much as few rows ask for (Ledoit and Wolf 2004, Journal of
        Multivariate Analysis 88): of columns of unit variance towards the identity, so that each keeps its own.
        """
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        varies = spread > ROUNDING * np.abs(mean)
        spread, scale = np.where(varies, spread, 0.0), np.where(varies, spread, 1.0)
        correlation = ledoit_wolf((rows - mean) / scale, assume_centered=True)[0]
        # A column that does not vary has a share of the mean variance after shrinking, and none in truth.
        return cls(mean=mean, covariance=correlation * spread[:, None] * spread)


def power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """``matrix (D, D)``, symmetric and positive semidefinite, to the ``exponent``; empty directions stay empty."""
    values, vectors = np.linalg.eigh(matrix)
    there = values > TINY * max(values[-1], 0.0)
    powers = np.where(there, np.where(there, values, 1.0) ** exponent, 0.0)
    return (vectors * powers) @ vectors.T
