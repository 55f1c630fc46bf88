"""How good is a way across, told without labels of the target?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What one way across predicts, and all that may be looked at to judge it.

    ``source (N, D)`` with ``labels (N,)`` and ``target (M, D)`` are the features that all ways start from; ``logits
    (M, C)`` are its predictions for the target, ``held (N, C)`` those for source items that it had not seen, where they
    arrive. ``back (N, C)`` are predictions for the source of the same way from the target, with what it had predicted
    there for labels, to the source. ``weights (N,)`` say how much denser the target is where source items lie, about 1
    in the mean.
    """

    source: NDArray[np.float64]
    labels: NDArray[np.int64]
    target: NDArray[np.float64]
    logits: NDArray[np.float64]
    held: NDArray[np.float64]
    back: NDArray[np.float64]
    weights: NDArray[np.float64]


class Validator(ABC):
    """A pure function of `Judged`; higher means better. None knows the truth: they fail in different ways."""

    summary: ClassVar[str]
    """One line for people, with the paper."""

    @abstractmethod
    def value(self, judged: Judged) -> float:
        """Of one way across; comparable between ways that start from the same features."""
