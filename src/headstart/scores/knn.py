"""Nearest neighbours, each item left out in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.score import TransferScore
from headstart.heads.knn import neighbour_probabilities
from headstart.scores._sample import Sample


@dataclass(frozen=True)
class NearestNeighbours(TransferScore):
    """Leave-one-out balanced accuracy of k nearest neighbours by cosine, between 0 and 1; votes as in `heads.knn`.

    The best cheap single measure in the largest comparison (arXiv 2503.18528: 42,000 experiments). Comparable between
    backbones of any width on the same items.

    ``k`` is clipped to N - 1. Of 1, 5 and 20, 100 solar cells give .71, .75, .71, 400 tweets .60, .62, .64, 50 digits
    .79, .78, .75: five is never far from the best, and being fixed it needs no choosing.

    Fails when: duplicates of an item are in the sample (they answer for each other), a class has one item (it can never
    be right), or the classes differ in directions of small variance, which the cosine drowns and a probe finds.
    """

    k: int = 5

    def score(self, features: NDArray[np.floating], targets: NDArray[np.int64]) -> float:
        """See `TransferScore.score`."""
        sample = Sample.of(features, targets)
        return sample.balanced_accuracy(
            neighbour_probabilities(sample.features, sample.labels, len(sample.counts), k=self.k)
        )
