"""Where the activations of a run are kept: on disk while it has room to spare, in memory while they are few."""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from headstart.core.progress import Progress, Silent
from headstart.engine.journal import Journal

FOLDER = "activations"
MEMORY = 256 * 1024**2
"""Bytes of activations that a run may hold in memory."""
ABANDONED = 24 * 3600
"""Seconds after which what lies below home is of a run that was killed."""
SHARE = 0.5
"""Of what the disk has free, how much activations may take: something else may need it, too."""
READ = 200e6
"""Bytes a second that random rows are read at from a disk whose pages are not in memory (75 kB each from 1 GB on a
virtual disk: 210 MB/s; 5 GB/s once they are)."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """What activations would take: bytes on disk, and seconds to compute them all once."""

    bytes: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where activations go, and what they take there. ``reason`` says in one sentence why they go nowhere."""

    kind: Literal["disk", "memory", "nowhere"]
    reason: str = ""
    bytes: int = 0


class Room:
    """Gives the activations of a run their places, in ``folder`` (None: in memory only).

    What is decided is noted in the journal: a resumed run must not decide otherwise because the disk has filled since.
    """

    def __init__(
        self, folder: Path | None = None, journal: Journal | None = None, progress: Progress | None = None
    ) -> None:
        self.progress: Progress = progress or Silent()
        self._folder = folder
        self._journal = journal or Journal(None, {})
        self._granted: dict[str, Place] = {}

    @property
    def lasting(self) -> bool:
        """Whether what is kept on disk outlives this process, for a resumed run."""
        return self._journal.folder is not None

    def place(self, name: str, model: str, measure: Callable[[], Need]) -> Place:
        """Where the activations called ``name``, of frozen blocks of ``model``, are kept.

        ``measure`` is asked what they need where that is not noted. Nothing is promised before `grant`.
        """
        return Place(**self._journal.note(_note(name), lambda: asdict(self._decide(model, measure()))))

    def grant(self, name: str, place: Place) -> None:
        """Promise ``name`` its place: something is about to be kept there."""
        self._granted[name] = place

    def withdraw(self, name: str, reason: str) -> Place:
        """Nowhere, for this ``reason``, from now on: what is kept as ``name`` is removed, and a resumed run knows."""
        self.remove(name)
        place = Place(kind="nowhere", reason=reason)
        self._journal.amend(_note(name), asdict(place))
        return place

    def folder(self, name: str) -> Path:
        """Where the activations called ``name`` lie, if their place is the disk.

        Raises:
            ValueError: there is no folder, so that nothing has its place on the disk.
        """
        if self._folder is None:
            raise ValueError("without a folder no activations lie on the disk")
        return self._folder / hashlib.sha256(name.encode()).hexdigest()[:24]

    def remove(self, name: str) -> None:
        """Remove what is kept as ``name``, if anything is, and take back what it was promised."""
        self._granted.pop(name, None)
        if self._folder is not None:
            shutil.rmtree(self.folder(name), ignore_errors=True)

    def _promised(self, kind: str) -> int:
        return sum(place.bytes for place in self._granted.values() if place.kind == kind)

    def _decide(self, model: str, need: Need) -> Place:
        left = MEMORY - self._promised("memory")
        small = need.bytes <= left
        memory = Place(kind="memory", bytes=need.bytes)
        if self._folder is None or (small and not self.lasting):
            what = f"Outputs of the frozen blocks of {model} would take {need.bytes / 1e9:,.1f} GB of memory"
            return memory if small else _nowhere(f"{what}, {left / 1e9:,.1f} GB are left for them")
        if need.bytes / READ >= need.seconds:
            slow = f"Reading {need.bytes / 1e9:,.1f} GB of outputs of the frozen blocks of {model} would take longer"
            return memory if small else _nowhere(f"{slow} than computing them")
        self._folder.mkdir(parents=True, exist_ok=True)
        free, used = shutil.disk_usage(self._folder).free, _size(self._folder)
        if need.bytes <= SHARE * (free + used) - self._promised("disk"):
            return Place(kind="disk", bytes=need.bytes)
        if small:
            return memory
        return _nowhere(
            f"Outputs of the frozen blocks of {model} would take {need.bytes / 1e9:,.1f} GB on disk, where "
            f"{free / 1e9:,.1f} GB are free and half of that is left alone"
        )


@contextmanager
def room_of(journal: Journal, progress: Progress, home: Path) -> Iterator[Room]:
    """Room beside the pieces of the journal, with which it is removed when the run is complete; for a run without one
    in a folder below ``home``, removed when the run ends. What a killed run left there goes when a later one begins,
    a day after it was written; a run that goes on for longer may have to compute it again.
    """
    if journal.folder is not None:
        yield Room(journal.folder / FOLDER, journal, progress)
        return
    place = home / FOLDER / uuid.uuid4().hex
    _remove_abandoned(place.parent)
    try:
        yield Room(place, journal, progress)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    for left in parent.glob("*"):
        try:
            written = max(path.stat().st_mtime for path in (left, *left.rglob("*")))
        except FileNotFoundError:
            continue  # its run is removing it
        if time.time() - written > ABANDONED:
            shutil.rmtree(left, ignore_errors=True)


def _note(name: str) -> str:
    return f"activations {name}"


def _nowhere(why: str) -> Place:
    return Place(kind="nowhere", reason=f"{why}; they are computed again in every epoch, which is slower.")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
