"""Methods that carry what was learnt in one domain, the source, over to another, the target, that has no labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from headstart.core.backbone import LinearHead

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Features of both domains, columns scaled alike: ``source (N, D)`` with ``labels (N,)`` of ``outputs`` classes and
    ties ``groups (N,)``, and ``target (M, D)``.

    There is no field for labels of the target: what a method cannot be given, it cannot learn from.
    """

    source: NDArray[np.float64]
    labels: NDArray[np.int64]
    target: NDArray[np.float64]
    outputs: int
    groups: NDArray[np.int64] | None = None


class Fit(Protocol):
    """Fits the head that every method ends in: the same for all, so that what differs is the method."""

    def __call__(
        self,
        features: NDArray[np.float64],
        shares: NDArray[np.float64],
        *,
        weights: NDArray[np.float64] | None = None,
        groups: NDArray[np.int64] | None = None,
    ) -> LinearHead:
        """Head for ``features (N, D)`` whose items belong to the classes by ``shares (N, C)``, which add up to 1.

        Features lie in the space of the pair.

        Items count by ``weights (N,)``, positive ones; every class counts the same.
        """
        ...


def as_they_are(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """``rows`` unmoved."""
    return rows


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """A ``head`` for features of the target, and where features of the source ``arrive`` for it, ``(N, D)`` from
    ``(N, D)``, those of items that the method has not seen too.
    """

    head: LinearHead
    arrive: Callable[[NDArray[np.float64]], NDArray[np.float64]] = as_they_are


class DomainMethod(ABC):
    """One way across. Members are frozen dataclasses whose fields are their hyper-parameters."""

    summary: ClassVar[str]
    """One line for people, with the paper."""
    candidate: ClassVar[bool] = True
    """Whether ``auto`` considers it."""


class FeatureMethod(DomainMethod):
    """Works on frozen features and ends in a head for features of the target."""

    @abstractmethod
    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        """The head for features like ``pair.target``; equal pairs give equal heads."""


def one_hot(labels: NDArray[np.int64], outputs: int) -> NDArray[np.float64]:
    """``(N, outputs)`` with a one for the class of each of ``labels (N,)``."""
    import numpy as np

    return np.eye(outputs)[labels]
