"""Resamples of tied items: groups drawn with replacement, and left out in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Resampler:
    """Draws groups of rows; ``targets (N,)`` are their classes, equal ``groups (N,)`` tie them.

    Every resample comes with what it would be lent: one group of every class that it missed.
    """

    def __init__(self, targets: NDArray[np.int64], groups: NDArray[np.int64]) -> None:
        self._codes = np.unique(groups, return_inverse=True)[1]
        self._rows, self._starts, self._sizes = _sorted(self._codes)
        self._classes = np.unique(targets, return_inverse=True)[1]
        self._class_rows, self._class_starts, self._class_sizes = _sorted(self._classes)
        self.n_groups = len(self._sizes)
        cells = np.unique(self._classes * self.n_groups + self._codes)
        self.fewest = int(np.bincount(cells // self.n_groups).min())
        """Groups of the class that lies in fewest."""

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row numbers of one resample, and those of what it would be lent."""
        rows = self._expand(rng.integers(self.n_groups, size=self.n_groups))
        missed = self._missed(rows)
        picked = self._class_starts[missed] + (rng.random(len(missed)) * self._class_sizes[missed]).astype(np.int64)
        return rows, self._expand(self._codes[self._class_rows[picked]])

    def leave_out(self, rng: np.random.Generator, blocks: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Row numbers without each of at most ``blocks`` blocks of groups, and those of classes left out entirely."""
        block = rng.permutation(self.n_groups) % min(blocks, self.n_groups)
        for number in range(int(block.max()) + 1):
            rows = np.flatnonzero(block[self._codes] != number)
            missed = self._missed(rows)
            yield rows, np.flatnonzero(np.isin(self._classes, missed)) if len(missed) else missed

    def _missed(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The classes that ``rows`` lack."""
        return np.flatnonzero(np.bincount(self._classes[rows], minlength=len(self._class_sizes)) == 0)

    def _expand(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        sizes = self._sizes[chosen]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self._rows[np.repeat(self._starts[chosen], sizes) + within]


def _sorted(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows in the order of their ``codes (N,)`` from 0, and where each code starts and how many rows it has."""
    sizes = np.bincount(codes)
    return np.argsort(codes, kind="stable"), np.cumsum(sizes) - sizes, sizes
