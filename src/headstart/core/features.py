"""Features that may be too many for memory: indexed like an array, read in blocks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_BYTES = 2 << 20
"""What is read and multiplied at a time. A matrix product with few columns waits for memory: on two cores a pass over a
million rows of 512 numbers took 0.9 s in blocks of 2 MiB, 1.3 s of 4 MiB and 2.1 s of 16 MiB."""
MANY_ROWS, MANY_VALUES = 4096, 1 << 21
"""Heads are fitted in passes over blocks of features that have more rows and more numbers than that, and four rows for
each number of a row. The fits in memory hold about ten copies of them, in float64."""


class Features(ABC):
    """``(N, D)`` in float32, somewhere. ``np.asarray`` reads all of them, which is for selections that are small."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """``(N, D)``."""

    @abstractmethod
    def __getitem__(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Features:
        """The rows with these numbers in this order, or those marked; nothing is read yet."""

    @abstractmethod
    def blocks(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """All rows in order, about `BLOCK_BYTES` at a time, each with its place among them.

        A block may be overwritten once the next is asked for.
        """

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        import numpy as np

        del copy  # there is nothing in memory that could be shared
        values = np.empty(self.shape, dtype=dtype or np.float32)
        for where, block in self.blocks():
            values[where] = block
        return values


def many(features: NDArray[np.floating] | Features) -> bool:
    """Whether ``features (N, D)`` are to be worked on in blocks."""
    rows, width = features.shape
    return rows > max(MANY_ROWS, 4 * width) and rows * width > MANY_VALUES


def blocks_of(features: NDArray[np.floating] | Features) -> Iterator[tuple[slice, NDArray[np.floating]]]:
    """`Features.blocks`, of an array too."""
    if isinstance(features, Features):
        yield from features.blocks()
        return
    step = rows_per_block(features.shape[1], features.dtype.itemsize)
    for start in range(0, len(features), step):
        where = slice(start, min(start + step, len(features)))
        yield where, features[where]


def rows_per_block(width: int, itemsize: int = 4) -> int:
    """How many rows of ``width`` numbers make up a block."""
    return max(1, BLOCK_BYTES // max(1, width * itemsize))
