"""Resamples of tied items: groups drawn with replacement, and left out in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from headstart.heads.codes import numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Resampler:
    """Draws groups of rows; ``targets (N,)`` are their classes, equal ``groups (N,)`` tie them.

    A resample says how often it has every row, and how often it is lent one: a group of every class that it missed.
    """

    def __init__(self, targets: NDArray[np.int64], groups: NDArray[np.int64]) -> None:
        self._codes = numbered(groups)
        self._classes = numbered(targets)
        self._class_ends = np.cumsum(np.bincount(self._classes))
        self.n_groups = int(self._codes.max()) + 1
        cells = np.unique(self._classes * self.n_groups + self._codes)
        self.fewest = int(np.bincount(cells // self.n_groups).min())
        """Groups of the class that lies in fewest."""

    def draw(self, rng: np.random.Generator, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """``count`` resamples and what they are lent, both ``(count, N)``."""
        groups = self.n_groups
        drawn = rng.integers(groups, size=(count, groups)) + groups * np.arange(count)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=count * groups).reshape(count, groups)[:, self._codes]
        numbers, missed = np.nonzero(self._held(counts > 0) == 0)
        starts = np.append(0, self._class_ends)[missed]
        by_class = np.argsort(self._classes, kind="stable")
        picked = starts + (rng.random(len(missed)) * (self._class_ends[missed] - starts)).astype(np.int64)
        lent = np.zeros((count, groups), dtype=np.int64)
        np.add.at(lent, (numbers, self._codes[by_class[picked]]), 1)
        return counts, lent[:, self._codes]

    def leave_out(
        self, rng: np.random.Generator, blocks: int, at_once: int
    ) -> Iterator[tuple[NDArray[np.int8], NDArray[np.int8]]]:
        """All rows but those of each of at most ``blocks`` blocks of groups, and the rows of classes left out entirely;
        up to ``at_once`` blocks at a time, ``(at_once, N)`` each.
        """
        blocks = min(blocks, self.n_groups)
        block = (rng.permutation(self.n_groups) % blocks).astype(np.int16)[self._codes]
        for start in range(0, blocks, at_once):
            kept = block != np.arange(start, min(blocks, start + at_once), dtype=np.int16)[:, None]
            missed = self._held(kept) == 0
            yield kept.view(np.int8), missed[:, self._classes].view(np.int8)

    def _held(self, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of the rows that are ``kept (B, N)`` each class has, ``(B, C)``."""
        return np.stack([np.bincount(self._classes[row], minlength=len(self._class_ends)) for row in kept])
