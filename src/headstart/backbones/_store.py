"""The local store: one folder per model under ``HEADSTART_HOME/models``, holding safetensors and JSON.

A model appears in the store whole or not at all: files are written into a scratch folder beside it, the scratch
folder is renamed into place last, and anything that goes wrong before removes the scratch folder and leaves the store
as it was. ``model.json`` records the SHA-256 of every file; weights are checked against it once per process.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from headstart.core.backbone import BackboneInfo, LinearHead
from headstart.core.errors import Unavailable
from headstart.core.home import home

if TYPE_CHECKING:
    import torch

RECORD = "model.json"
WEIGHTS = "model.safetensors"
CLASSIFIER = "classifier.safetensors"
SCHEMA = 2
SCRATCH = ".part-"
PART = ".part"
"""Ending of a file that has not arrived whole."""
ABANDONED = 24 * 3600
"""Seconds after which a scratch folder is taken for the leftover of a killed process, and a download for given up."""
SPARE = 32 * 1024**2
"""Bytes left free on the disk beyond what is written."""
CHUNK = 1024**2

_verified: set[tuple[str, int, int, str]] = set()
"""Files whose SHA-256 this process has checked: path, size, time of change, digest."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A model in the store: its folder and the parsed ``model.json``."""

    name: str
    folder: Path
    record: Mapping[str, Any]

    def file(self, name: str) -> Path:
        """The path of one stored file, checked against its recorded SHA-256.

        Raises:
            Unavailable: the file is missing or damaged; the message says what to run.
        """
        path = self.folder / name
        verify(self.name, path, self.record["files"][name]["sha256"])
        return path

    def read(self, name: str) -> bytes:
        """The content of one stored file, checked like `file`."""
        return self.file(name).read_bytes()

    def tensors(self) -> dict[str, torch.Tensor]:
        """The weights by name, float32, on the CPU."""
        from safetensors.torch import load_file

        return load_file(self.file(WEIGHTS))

    def classifier(self) -> LinearHead | None:
        """The linear layer it was pretrained with; None where none came with it."""
        if CLASSIFIER not in self.record["files"]:
            return None
        from safetensors.numpy import load_file

        found = load_file(self.file(CLASSIFIER))
        return LinearHead(weight=found["weight"].astype("float64"), bias=found["bias"].astype("float64"))


def folder_of(name: str) -> Path:
    """Where the model called ``source:identifier`` is or would be stored."""
    source, _, identifier = name.partition(":")
    return home() / "models" / source / quote(identifier, safe="")


def is_stored(name: str) -> bool:
    """Whether the store holds the model; its files may still turn out damaged when they are read.

    What an earlier version has stored in another format counts as not there: it is fetched again.
    """
    path = folder_of(name) / RECORD
    return path.is_file() and not _is_outdated(path)


def _is_outdated(path: Path) -> bool:
    try:
        number = json.loads(path.read_text(encoding="utf-8"))["schema"]
    except (OSError, ValueError, KeyError, TypeError):
        return False  # damaged, which whoever opens it says
    return isinstance(number, int) and number < SCHEMA


def open_stored(name: str) -> Stored:
    """The stored model.

    Raises:
        Unavailable: it is not in the store, or its record cannot be read; the message says what to run.
    """
    folder = folder_of(name)
    if not is_stored(name):
        raise Unavailable(f"{name} is not in the local store ({home()}). Fetch it with: headstart models pull {name}")
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        readable = record["schema"] == SCHEMA and all(entry["sha256"] for entry in record["files"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(name, folder / RECORD, "cannot be read") from error
    if not readable:
        raise _damaged(name, folder / RECORD, f"is not of format {SCHEMA}")
    return Stored(name=name, folder=folder, record=record)


def is_intact(name: str) -> bool:
    """Whether the store holds the model and every file matches its recorded SHA-256."""
    try:
        stored = open_stored(name)
        for file in stored.record["files"]:
            stored.file(file)
    except Unavailable:
        return False
    return True


def listed(source: str, known: Sequence[BackboneInfo]) -> tuple[BackboneInfo, ...]:
    """The known models of ``source``, with the facts recorded when they were pulled, and the other stored ones."""
    stored: dict[str, BackboneInfo] = {}
    for path in sorted((home() / "models" / source).glob(f"*/{RECORD}")):
        try:
            info = BackboneInfo(**json.loads(path.read_text(encoding="utf-8"))["info"])
            if _is_outdated(path):
                continue
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a damaged record: pulling or loading that model reports it
        stored[info.name] = info
    return (*(stored.pop(info.name, info) for info in known), *stored.values())


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A model on its way into the store: final files go into ``files``, everything temporary into ``scratch``.

    What is fetched goes into ``downloads``, which stays if the addition fails and there is part of a file in it.
    """

    files: Path
    scratch: Path
    downloads: Path
    record: dict[str, Any]

    def describe(self, info: BackboneInfo, **details: Any) -> None:
        """Say what is being stored: its facts, and whatever loading needs."""
        self.record.update(info=asdict(info), **details)

    def write_tensors(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Write the weights as contiguous safetensors."""
        from safetensors.torch import save

        # save_file reports a full disk as a SafetensorError; writing the bytes ourselves keeps it an OSError.
        content = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, {"format": "pt"})
        (self.files / WEIGHTS).write_bytes(content)

    def write_classifier(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        """Write the linear layer it was pretrained with, ``(C, D)`` and ``(C,)``."""
        from safetensors.torch import save

        tensors = {"weight": weight.detach().cpu().contiguous(), "bias": bias.detach().cpu().contiguous()}
        (self.files / CLASSIFIER).write_bytes(save(tensors, {"format": "pt"}))


@contextmanager
def adding(name: str, *, room: int) -> Iterator[Arrival]:
    """Add a model to the store, or replace it, in one step at the end of the block.

    ``room`` is the number of bytes the block will write. The block must call `Arrival.describe`.

    Raises:
        Unavailable: there is not enough room on the disk. The store is left as it was.
    """
    place = folder_of(name)
    downloads = place.parent / f"{SCRATCH}of-{place.name}"
    try:
        _make(place.parent)
        _remove_abandoned(place.parent)
        _require_room(name, place.parent, room - _arrived(downloads))
        work = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=place.parent))
        try:
            arrival = Arrival(
                files=work / "files", scratch=work / "scratch", downloads=downloads, record={"schema": SCHEMA}
            )
            arrival.files.mkdir()
            arrival.scratch.mkdir()
            yield arrival
            files = {
                path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
                for path in sorted(arrival.files.iterdir())
            }
            record = {**arrival.record, "files": files}
            (arrival.files / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
            _put_in_place(arrival.files, place, work / "old")
            shutil.rmtree(downloads, ignore_errors=True)
        finally:
            shutil.rmtree(work, ignore_errors=True)
            if not _arrived(downloads):
                shutil.rmtree(downloads, ignore_errors=True)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room(name, place.parent, room) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
            raise Unavailable(
                f"{name} cannot be stored: {place.parent} cannot be written ({error.strerror}). "
                "Set HEADSTART_HOME to a folder of yours."
            ) from error
        raise


def _arrived(folder: Path) -> int:
    """Bytes of files that have begun to arrive in ``folder``, and are worth going on with."""
    found = 0
    for path in folder.rglob(f"*{PART}"):
        with contextlib.suppress(FileNotFoundError):  # another process has finished it
            found += path.stat().st_size
    return found


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileNotFoundError, FileExistsError) as error:
        # Some file systems hold no folders of ours, and a file may be in the way: neither can be written below.
        raise NotADirectoryError(errno.ENOTDIR, error.strerror) from error


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(name: str, path: Path, expected: str) -> None:
    """Check a stored file against its SHA-256; a file unchanged since the last check is not read again.

    Raises:
        Unavailable: the file is missing or differs.
    """
    try:
        facts = path.stat()
        key = (str(path), facts.st_size, facts.st_mtime_ns, expected)
        if key in _verified:
            return
        digest = sha256_of(path)
    except OSError as error:
        raise _damaged(name, path, "cannot be read") from error
    if digest != expected:
        raise _damaged(name, path, "has changed since it was stored (its SHA-256 differs)")
    _verified.add(key)


def _damaged(name: str, path: Path, what: str) -> Unavailable:
    return Unavailable(
        f"{name} is damaged in the store: {path} {what}. Fetch it again with: headstart models pull {name}"
    )


def _require_room(name: str, folder: Path, room: int) -> None:
    if shutil.disk_usage(folder).free < room + SPARE:
        raise _no_room(name, folder, room)


def _no_room(name: str, folder: Path, room: int) -> Unavailable:
    free = shutil.disk_usage(folder).free
    return Unavailable(
        f"Not enough room for {name}: fetching it needs {_megabytes(room + SPARE)} and {_megabytes(free)} are free in "
        f"{folder}. Free some space, or set HEADSTART_HOME to a folder on another disk."
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def _put_in_place(new: Path, place: Path, aside: Path) -> None:
    # A folder cannot replace a non-empty folder in one rename: the old one steps aside, and back if the new fails.
    replaces = place.exists()
    if replaces:
        place.replace(aside)
    try:
        new.replace(place)
    except OSError as error:
        if replaces:
            aside.replace(place)
        elif error.errno in (errno.ENOTEMPTY, errno.EEXIST) and place.exists():
            return  # another process has just put the same model there
        raise


def _remove_abandoned(parent: Path) -> None:
    for leftover in parent.glob(f"{SCRATCH}*"):
        try:
            changed = max(path.lstat().st_mtime for path in (leftover, *leftover.rglob("*")))
        except FileNotFoundError:
            continue  # another process is removing it
        if time.time() - changed > ABANDONED:
            shutil.rmtree(leftover, ignore_errors=True)
