"""A matrix of features in a file: plain reads of a block at a time, so that memory does not grow with its rows."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from headstart.core.errors import Unavailable
from headstart.core.features import Features, rows_per_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAP_BYTES = 16_384
"""Rows that lie no further apart are read together: a read of its own takes as long as copying that much."""


class FeatureFile(Features):
    """Rows of a temporary file of ``(rows, width)`` float32 numbers; the file goes with its last selection.

    Read with plain reads and not memory-mapped: mapped pages count as the process's own until the system takes them
    away. One thread at a time.

    Raises:
        Unavailable: the disk of ``folder`` has no room for it, or what is read was never written.
    """

    def __init__(self, rows: int, width: int, folder: Path) -> None:
        needed, free = 4 * rows * width, shutil.disk_usage(folder).free
        if needed > free:
            raise Unavailable(
                f"Features of {rows:,} items take {needed / 1e6:,.0f} MB while they are worked on, and the disk of "
                f"'{folder}' has {free / 1e6:,.0f} MB left. Free some space, or set HEADSTART_HOME to a larger disk."
            )
        self._scratch = _Scratch(tempfile.TemporaryFile(dir=folder, buffering=0), folder)  # noqa: SIM115
        self._stored, self._width = rows, width
        self._rows: NDArray[np.int64] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """``(N, D)``."""
        return (self._stored if self._rows is None else len(self._rows)), self._width

    def __getitem__(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> FeatureFile:
        chosen = np.arange(self._stored)[rows] if self._rows is None else self._rows[rows]
        part = object.__new__(FeatureFile)
        part._scratch, part._stored, part._width, part._rows = self._scratch, self._stored, self._width, chosen
        return part

    def blocks(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """See `Features.blocks`."""
        step = rows_per_block(self._width)
        for start in range(0, len(self), step):
            stop = min(start + step, len(self))
            rows = np.arange(start, stop) if self._rows is None else self._rows[start:stop]
            yield slice(start, stop), self._read(rows)

    def write(self, rows: NDArray[np.int64], features: NDArray[np.float32]) -> None:
        """Put ``features (n, D)`` where the file's ``rows (n,)`` are.

        Raises:
            Unavailable: the disk takes no more.
        """
        order = np.argsort(rows, kind="stable")
        ordered = np.ascontiguousarray(features[order], dtype="<f4")
        for run in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows[order]) != 1) + 1):
            if len(run):
                place = 4 * self._width * int(rows[order[run[0]]])
                self._scratch.write(place, ordered[run[0] : run[-1] + 1].data.cast("B"))

    def _read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        values = np.empty((len(rows), self._width), dtype="<f4")
        apart = np.flatnonzero(np.diff(ordered) > max(1, GAP_BYTES // (4 * max(1, self._width)))) + 1
        for start, stop in zip([0, *apart.tolist()], [*apart.tolist(), len(rows)], strict=True):
            first, last = int(ordered[start]), int(ordered[stop - 1])
            span = np.empty((last + 1 - first, self._width), dtype="<f4")
            self._scratch.read(4 * self._width * first, span.data.cast("B"))
            values[order[start:stop]] = span[ordered[start:stop] - first]
        return values


class _Scratch:
    """A file without a name, which goes when nothing refers to it any more."""

    def __init__(self, file: IO[bytes], folder: Path) -> None:
        self._file = file
        self._folder = folder

    def __del__(self) -> None:
        self._file.close()

    def write(self, place: int, content: memoryview) -> None:
        try:
            self._file.seek(place)
            while content:
                content = content[self._file.write(content) :]
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Unavailable(
                f"Features that are worked on cannot be written to the disk of '{self._folder}': {reason}. Free some "
                "space, or set HEADSTART_HOME to a larger disk, and run the same command again."
            ) from error

    def read(self, place: int, into: memoryview) -> None:
        self._file.seek(place)
        while into:
            count = self._file.readinto(into)  # type: ignore[attr-defined]
            if not count:
                raise Unavailable(
                    f"The file of features on the disk of '{self._folder}' ends {len(into)} bytes early. Run the same "
                    "command again: it is written anew."
                )
            into = into[count:]
