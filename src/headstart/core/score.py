"""Transferability scores: how well frozen features suit labels, without training the trunk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TransferScore(ABC):
    """A pure function of features and labels; higher means the features suit the labels better.

    Scores of different measures are not comparable with each other, and only some of them between backbones of
    different width: the docstring of each member says so.
    """

    @abstractmethod
    def score(self, features: NDArray[np.floating], targets: NDArray[np.int64]) -> float:
        """Score of ``features (N, D)`` for ``targets (N,)``, computed in float64.

        Raises:
            UserError: the sample is too small or too degenerate for this measure (the message says by how much).
        """
