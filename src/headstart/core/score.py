"""Transferability scores: how well frozen features suit labels, without training the trunk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_together: ContextVar[MutableMapping[bytes, Any] | None] = ContextVar("together", default=None)


@contextmanager
def scored_together() -> Iterator[None]:
    """Scores asked for inside may keep what they work out of the same features for one another (`kept`), until the end
    of it.
    """
    token = _together.set({})
    try:
        yield
    finally:
        _together.reset(token)


def kept() -> MutableMapping[bytes, Any]:
    """What scores have kept, by content; outside of `scored_together` nothing, and nothing will be."""
    found = _together.get()
    return {} if found is None else found


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
