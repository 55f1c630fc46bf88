"""Means, covariances and their powers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf

TINY = 1e-10
"""Share of the largest eigenvalue below which a direction counts as empty."""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """``mean (D,)`` and ``covariance (D, D)`` of some rows."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def of(cls, rows: NDArray[np.float64]) -> Moments:
        """Of ``rows (N, D)``, the covariance shrunk towards a multiple of the identity as much as few rows ask for
        (Ledoit and Wolf 2004, Journal of Multivariate Analysis 88).
        """
        mean = rows.mean(axis=0)
        return cls(mean=mean, covariance=ledoit_wolf(rows - mean, assume_centered=True)[0])


def power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """``matrix (D, D)``, symmetric and positive semidefinite, to the ``exponent``; empty directions stay empty."""
    values, vectors = np.linalg.eigh(matrix)
    there = values > TINY * max(values[-1], 0.0)
    powers = np.where(there, np.where(there, values, 1.0) ** exponent, 0.0)
    return (vectors * powers) @ vectors.T
