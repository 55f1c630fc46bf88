"""Items of a data set as the engine walks over them: read when needed, never all in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from headstart.core.cores import cores
from headstart.core.dataset import Dataset, Unlabelled
from headstart.data._read import read_header, read_picture, read_sound
from headstart.data._reduce import Header
from headstart.data._text import read_text
from headstart.engine.digests import Digests, at
from headstart.engine.pictures import Pictures

T = TypeVar("T")

LEAST_READERS, MOST_READERS = 2, 8
"""Threads that decode: one on each core within these bounds. Pillow and the tokenizers release the interpreter lock."""


class Read(Protocol):
    """Decodes the item at a position. A picture may be smaller than it is stored, as `Header.scale` says for
    ``least_side``, which is what `Preprocess.least_side` or its like asks for; it is shared and must not be changed.
    """

    def __call__(self, position: int, least_side: int | None = None, /) -> Any:
        """The decoded item."""
        ...


@dataclass(frozen=True, kw_only=True)
class Items:
    """``N`` items: ``digests`` identify their content, ``lengths`` tell roughly how long they are (characters of a
    text, hundredths of a second of a sound, 1 for an image).
    ``header`` tells what is known of a picture without decoding it; None for anything else.
    """

    digests: Sequence[str]
    lengths: NDArray[np.int64]
    read: Read
    header: Callable[[int], Header] | None = None

    def __len__(self) -> int:
        return len(self.digests)

    def subset(self, positions: NDArray[np.int64]) -> Items:
        """The items at ``positions``, in that order."""
        header = self.header
        return Items(
            digests=at(self.digests, positions),
            lengths=self.lengths[positions],
            read=lambda position, least_side=None: self.read(int(positions[position]), least_side),
            header=None if header is None else lambda position: header(int(positions[position])),
        )

    def decoded(self, least_side: int | None = None) -> Sequence[Any]:
        """The decoded items as a sequence that reads each one when it is asked for."""
        return _Decoded(self, least_side)


def items_of(data: Dataset | Unlabelled, rows: NDArray[np.int64], pictures: Pictures | None = None) -> Items:
    """The items in ``rows`` of the table, read from it when needed; ``pictures`` are those the run has decoded."""
    table = data.table.select(rows)
    contents, named = table.select_columns("item"), table.select_columns("digest")
    digests = Digests.of(named[part]["digest"] for part in _parts(len(table)))
    lengths = np.broadcast_to(np.int64(1), len(table))
    if data.modality == "text":
        lengths = np.empty(len(table), dtype=np.int64)
        for part in _parts(len(table)):
            lengths[part] = [len(text) for text in contents[part]["item"]]
        return Items(
            digests=digests, lengths=lengths, read=lambda position, _=None: read_text(contents[position]["item"])
        )
    if data.modality == "audio":
        lengths = np.ceil(100 * data.seconds[rows]).astype(np.int64)
        return Items(
            digests=digests, lengths=lengths, read=lambda position, _=None: read_sound(contents[position]["item"])
        )
    kept = Pictures() if pictures is None else pictures

    def read(position: int, least_side: int | None = None, /) -> Any:
        return kept.get(digests[position], least_side, lambda: read_picture(contents[position]["item"], least_side))

    return Items(
        digests=digests,
        lengths=lengths,
        read=read,
        header=lambda position: read_header(contents[position]["item"]),
    )


def _parts(count: int) -> list[slice]:
    """All rows of a table, some thousands at a time: Python's strings take several times the room of what they say."""
    return [slice(start, min(start + 8192, count)) for start in range(0, count, 8192)]


class Names(Sequence[str]):
    """What the items in ``rows`` of the table are called, read from it when asked for."""

    def __init__(self, data: Dataset | Unlabelled, rows: NDArray[np.int64]) -> None:
        self._column, self._rows = data.table.select_columns("id"), rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return self._column[self._rows[position].tolist()]["id"]
        return self._column[int(self._rows[position])]["id"]


class _Decoded(Sequence[Any]):
    def __init__(self, items: Items, least_side: int | None) -> None:
        self._items = items
        self._least_side = least_side

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return [self._items.read(i, self._least_side) for i in range(*position.indices(len(self)))]
        if not -len(self) <= position < len(self):
            raise IndexError(f"there are {len(self)} items, number {position} was asked for")
        return self._items.read(position % len(self), self._least_side)


def batches(lengths: NDArray[np.int64], *, most: int, budget: int) -> list[NDArray[np.int64]]:
    """Positions grouped into batches of similar length, longest first.

    A batch holds at most ``most`` items and at most ``budget`` units of padded length (never fewer than one item).
    The grouping depends on ``lengths`` alone, so that an interrupted pass meets the very same batches again.
    """
    order = np.argsort(-lengths, kind="stable")
    grouped, start = [], 0
    while start < len(order):
        longest = max(1, int(lengths[order[start]]))
        size = max(1, min(most, budget // longest))
        grouped.append(order[start : start + size])
        start += size
    return grouped


def readers() -> int:
    """How many threads decode."""
    return max(LEAST_READERS, min(MOST_READERS, cores()))


def in_turn(work: Sequence[Callable[[], T]], threads: int | None = None) -> Iterator[T]:
    """Results of ``work`` in order; ``threads`` pieces (None: `readers`) are computed before the first is consumed.

    For a consumer on the same cores: the network's threads wait for each other at every layer, so one that loses its
    core to a reader holds up all (two cores, EfficientNet-Lite0, decoding included: 126 images a second with readers
    ahead, 143 in turn; alternating, medians of four).
    """
    threads = threads or readers()
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for start in range(0, len(work), threads):
            yield from list(pool.map(lambda piece: piece(), work[start : start + threads]))


def ahead(work: Sequence[Callable[[], T]], threads: int | None = None) -> Iterator[T]:
    """Results of ``work`` in order, computed by ``threads`` threads (None: `readers`) a few steps ahead."""
    threads = threads or readers()
    with ThreadPoolExecutor(max_workers=threads) as pool:
        pending: list[Future[T]] = []
        try:
            position = min(2 * threads, len(work))
            pending.extend(pool.submit(piece) for piece in work[:position])
            while pending:
                result = pending.pop(0).result()
                if position < len(work):
                    pending.append(pool.submit(work[position]))
                    position += 1
                yield result
        finally:
            for future in pending:
                future.cancel()
