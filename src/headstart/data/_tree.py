"""Walking a folder that may hold anything: links in circles, hidden files, names no encoding can hold."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from headstart.core.errors import UserError

JUNK = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "__macosx"})


@dataclass(kw_only=True)
class Walk:
    """What was met besides the files: paths relative to the root."""

    hidden: int = 0
    loops: list[str] = field(default_factory=list)


def entries(folder: Path, walk: Walk) -> tuple[list[str], list[str]]:
    """Names of the subfolders and of the files of ``folder``, sorted, without hidden ones and what systems leave.

    Raises:
        UserError: the folder may not be read.
    """
    try:
        with os.scandir(folder) as found:
            listed = sorted((entry.name, _is_folder(entry)) for entry in found)
    except PermissionError as error:
        raise UserError(f"Permission to read the folder '{folder}' is missing; grant it or leave it out.") from error
    shown = [(name, is_folder) for name, is_folder in listed if not _is_junk(name)]
    walk.hidden += len(listed) - len(shown)
    return [name for name, is_folder in shown if is_folder], [name for name, is_folder in shown if not is_folder]


def files_below(folder: Path, root: Path, walk: Walk) -> list[Path]:
    """Every file below ``folder``, sorted by path. Each real folder is entered once, so that links cannot circle."""
    entered = {_identity(ancestor) for ancestor in (root, *_between(root, folder))}
    found: list[Path] = []

    def enter(current: Path) -> None:
        folders, files = entries(current, walk)
        found.extend(current / name for name in files)
        for name in folders:
            below = current / name
            identity = _identity(below)
            if identity in entered:
                walk.loops.append(display(below, root))
                continue
            entered.add(identity)
            enter(below)

    enter(folder)
    return sorted(found)


def display(path: Path, root: Path) -> str:
    """``path`` relative to ``root`` with slashes; bytes that are no UTF-8 are shown as U+FFFD."""
    return path.relative_to(root).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def has_plain_name(path: Path) -> bool:
    """Whether the path is valid Unicode (a Linux file name need not be)."""
    return not any("\ud800" <= character <= "\udfff" for character in str(path))


def _between(root: Path, folder: Path) -> list[Path]:
    parts = folder.relative_to(root).parts
    return [root.joinpath(*parts[: depth + 1]) for depth in range(len(parts))]


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle: kept as a file, whose reading then says so
        return False


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name.lower() in JUNK
