"""GBC: how much the classes overlap as Gaussians."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.score import TransferScore
from headstart.scores._sample import Sample, principal_coordinates


@dataclass(frozen=True)
class GaussianBhattacharyya(TransferScore):
    """``- sum_{i != j} exp(-B_ij)`` over ordered pairs of classes, between -C (C - 1) and 0 (Pandy et al. 2022,
    arXiv 2111.12780, equations 3 and 4), with the Bhattacharyya distance of Gaussians of diagonal covariance

        B_ij = 1/8 sum_d (mu_id - mu_jd)^2 / s_d + 1/2 sum_d [ln s_d - 1/2 ln s_id - 1/2 ln s_jd],  s = (s_i + s_j) / 2,

    after reducing to ``components`` principal axes. ``spherical`` gives a class one variance, the mean over the axes.
    Departures: variances are floored at ``floor`` times the mean variance of the reduced features (the authors' code
    has an absolute 1e-4, which ties the score to the scale), and the logarithms of spherical classes count once per
    axis as the formula says (that code counts them once in all).

    Comparable between backbones on the same classes if all are reduced to as many axes. Fails when: a class has fewer
    items than a handful (its variance is nothing or noise: the floor decides), there are many classes (their overlap is
    summed, the few hardest pairs drown), or classes are not single clusters.
    """

    components: int = 64
    spherical: bool = True
    floor: float = 1e-4

    def score(self, features: NDArray[np.floating], targets: NDArray[np.int64]) -> float:
        """See `TransferScore.score`."""
        sample = Sample.of(features, targets)
        rows = principal_coordinates(sample.features)[:, : self.components]
        means = sample.onehot.T @ rows / sample.counts[:, None]
        spread = sample.onehot.T @ (rows - means[sample.labels]) ** 2 / sample.counts[:, None]
        if self.spherical:
            spread = np.broadcast_to(spread.mean(axis=1, keepdims=True), spread.shape)
        spread = np.maximum(spread, self.floor * np.mean(rows**2))
        # A class at a time: all pairs at once would take 1.5 GB for 1,000 classes.
        return -sum(_overlap(means, spread, one) for one in range(len(means)))


def _overlap(means: NDArray[np.float64], spread: NDArray[np.float64], one: int) -> float:
    """``sum_j exp(-B_ij)`` of class ``one`` with all others, of ``means`` and variances ``spread (C, D)``."""
    between, logs = (spread + spread[one]) / 2.0, np.log(spread)
    distance = np.sum((means - means[one]) ** 2 / between, axis=1) / 8.0
    distance += np.sum(np.log(between) - (logs + logs[one]) / 2.0, axis=1) / 2.0
    return float(np.sum(np.exp(-np.delete(distance, one))))
