"""The squared Hellinger distance of Gaussians."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def hellinger(
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    other_mean: NDArray[np.float64],
    other_variance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Element by element, from means and variances above 0 of two Gaussians in one dimension: 0 where they are the
    same, up to 1.

    ``1 - sqrt(2 s t / (s^2 + t^2)) exp(-(m - n)^2 / (4 (s^2 + t^2)))``, which is half the integral of the squared
    difference of the roots of both densities (Pardo, Statistical Inference Based on Divergence Measures, 2006).
    """
    both = variance + other_variance
    overlap = np.sqrt(2 * np.sqrt(variance * other_variance) / both) * np.exp(-((mean - other_mean) ** 2) / (4 * both))
    return np.maximum(1 - overlap, 0)
