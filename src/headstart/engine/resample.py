"""Resamples of tied items: groups drawn with replacement, and left out in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Resampler:
    """Draws groups of rows; ``targets (N,)`` are their classes, equal ``groups (N,)`` tie them.

    Every resample comes with what it would be lent: one group of every class that it missed.
    """

    def __init__(self, targets: NDArray[np.int64], groups: NDArray[np.int64]) -> None:
        codes = np.unique(groups, return_inverse=True)[1]
        self.n_groups = int(codes.max()) + 1
        self._rows = np.argsort(codes, kind="stable")
        self._sizes = np.bincount(codes)
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)[:-1]])
        self._codes = codes
        self._targets = targets
        self._rows_of_class = [np.flatnonzero(targets == c) for c in np.unique(targets)]
        self.fewest = min(len(np.unique(codes[rows])) for rows in self._rows_of_class)
        """Groups of the class that lies in fewest."""

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row numbers of one resample, and those of what it would be lent."""
        rows = self._expand(rng.integers(self.n_groups, size=self.n_groups))
        missed = self._missed(rows)
        return rows, self._expand(np.array([self._codes[rng.choice(own)] for own in missed], dtype=np.int64))

    def leave_out(self, rng: np.random.Generator, blocks: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Row numbers without each of at most ``blocks`` blocks of groups, and those of classes left out entirely."""
        block = rng.permutation(self.n_groups) % min(blocks, self.n_groups)
        kept = [np.flatnonzero(block[self._codes] != b) for b in range(int(block.max()) + 1)]
        return [(rows, np.concatenate([*self._missed(rows), np.array([], dtype=np.int64)])) for rows in kept]

    def _missed(self, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The rows of every class that ``rows`` lack."""
        present = np.zeros(int(self._targets.max()) + 1, dtype=bool)
        present[self._targets[rows]] = True
        return [own for own in self._rows_of_class if not present[self._targets[own[0]]]]

    def _expand(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        sizes = self._sizes[chosen]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self._rows[np.repeat(self._starts[chosen], sizes) + within]
