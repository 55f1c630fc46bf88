"""Results of finished pieces of work, kept until the run is complete, so that a killed run goes on where it was.

Each piece (one fold of one candidate, say) is written once, atomically, under a name made from everything it
depends on. A rerun with the same recipe on the same data finds it; the value read back is the value written, bit
for bit, so an interrupted run ends in the same result as an uninterrupted one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core.errors import Unavailable, UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[np.generic]]

ABANDONED = 3600
"""Seconds after which a half-written file is of a process that was killed: none takes as long to write."""


DECISION = re.compile(r".*\.[0-9a-f]{16}\.json(\.\d+\.part)?")
"""Names of files that `Journal.note` writes."""


PIECE = re.compile(r"(?!checkpoint-).*\.[0-9a-f]{16}\.safetensors")
"""Names of files that `Journal.recall` writes; what is under way is kept as ``checkpoint ...``."""


class Journal:
    """Pieces of one run in ``folder``; ``folder=None`` keeps nothing.

    ``identity`` is what the run depends on, by what people call it (options, data, versions). A folder that holds
    pieces of another run is refused, one that holds only its note is taken over. ``on_written`` are called when a piece
    has been written.

    Raises:
        UserError: the folder holds an unfinished run with another identity.
    """

    def __init__(self, folder: Path | None, identity: Mapping[str, object]) -> None:
        self.folder = folder
        self.identity = identity
        self.on_written: list[Callable[[], None]] = []
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        note = folder / "run.json"
        text = json.dumps(dict(identity), sort_keys=True, default=str)
        if not note.exists():
            write_atomically(note, text.encode())
            return
        found, asked = _noted(note), json.loads(text)
        differing = sorted(part for part in {*found, *asked} if found.get(part) != asked.get(part))
        if differing and is_bare(folder):
            # It ended before it had finished anything: at a model that could not be fetched, say.
            for decision in folder.iterdir():
                if DECISION.fullmatch(decision.name):
                    decision.unlink()
            write_atomically(note, text.encode())
        elif differing:
            raise UserError(
                f"'{folder.parent}' holds an unfinished run that differs in {' and '.join(differing)}. Choose another "
                "output folder, or delete that one to start afresh."
            )

    @property
    def pieces(self) -> int:
        """How many finished pieces are kept."""
        return (
            0 if self.folder is None else sum(PIECE.fullmatch(path.name) is not None for path in self.folder.iterdir())
        )

    def recall(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """The arrays of piece ``name``: read back if they were written before, else computed and written; so they are
        where what was written is damaged.
        """
        if self.folder is None:
            return compute()
        path = self.path(name)
        found = _read(path) if path.exists() else None
        if found is not None:
            return found
        arrays = compute()
        _write(path, arrays)
        for call in self.on_written:
            call()
        # Read back what was written: a resumed run then continues from the very same bytes and layout.
        return _read(path) or arrays

    def note(self, name: str, decide: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """A decision as a JSON object: read back if it was taken before, else taken and written."""
        if self.folder is None:
            return decide()
        path = self.path(name, ".json")
        if not path.exists():
            write_atomically(path, json.dumps(decide()).encode())
        return json.loads(path.read_text(encoding="utf-8"))

    def amend(self, name: str, decision: Mapping[str, Any]) -> None:
        """Note another decision in place of the one that was taken; on a full disk none, and it is taken anew."""
        if self.folder is None:
            return
        path = self.path(name, ".json")
        try:
            write_atomically(path, json.dumps(decision).encode())
        except OSError:
            path.unlink(missing_ok=True)

    def require(self, needed: int) -> None:
        """See that there is room for ``needed`` bytes before work is done that could not be kept.

        Raises:
            Unavailable: the disk is too full.
        """
        if self.folder is None:
            return
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise Unavailable(
                f"The disk of '{self.folder.parent}' has {free / 1e6:,.0f} MB left, checkpoints of these models need "
                f"up to {needed / 1e6:,.0f} MB. Free some space, choose another --out, or a smaller model."
            )

    def forget(self, name: str) -> None:
        """Remove what is kept as ``name`` and beside it (the file's name, a blank and more), if anything is."""
        if self.folder is None:
            return
        path = self.path(name)
        for file in (path, *self.folder.glob(f"{path.name} *")):
            file.unlink(missing_ok=True)

    def path(self, name: str, suffix: str = ".safetensors") -> Path:
        """Where piece ``name`` is kept.

        Raises:
            ValueError: nothing is kept, because the journal has no folder.
        """
        if self.folder is None:
            raise ValueError("a journal without a folder keeps no files")
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        readable = "".join(character if character.isalnum() else "-" for character in name)[:80]
        return self.folder / f"{readable}.{digest}{suffix}"


def _noted(note: Path) -> dict[str, Any]:
    """What a run depends on, as it is written in ``note``; nothing where that cannot be read."""
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def is_bare(folder: Path) -> bool:
    """Whether the ``folder`` of a journal holds its note and decisions and nothing else: no piece, no checkpoint, and
    no file of anybody else.
    """
    known = (path.name.startswith("run.json") or DECISION.fullmatch(path.name) for path in folder.iterdir())
    return all(known)


def write_atomically(path: Path, content: bytes) -> None:
    """Write so that a reader sees the old file or the new one, never half of one, even after a power cut.

    What cannot be written to its end, on a full disk say, leaves nothing behind.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def remove_abandoned(folder: Path) -> None:
    """Remove what processes that were killed left half-written in ``folder``."""
    for partial in folder.glob("*.part"):
        try:
            if time.time() - partial.stat().st_mtime > ABANDONED:
                partial.unlink()
        except FileNotFoundError:
            continue  # it was finished or removed by its process meanwhile


def _write(path: Path, arrays: Arrays) -> None:
    import numpy as np
    from safetensors.numpy import save

    write_atomically(path, save({key: np.array(value, order="C") for key, value in arrays.items()}))


def _read(path: Path) -> Arrays | None:
    """None for a file that is damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except SafetensorError:
        return None
