"""What earlier scans found, so that a second look at the same files costs a directory listing."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from headstart.core.home import home

VERSION = 6
"""Raise it when a finding changes its meaning, or the tables do; files of earlier versions are removed."""

RACY_NS = 2_000_000_000
"""A file changed less than this before it was read may change again within one tick of the file system's clock."""

MOST = 200_000
"""Files, and contents, remembered at most (pictures take about 4.5 kB each, sounds 2.5); the oldest go first."""

_TABLES = """
CREATE TABLE IF NOT EXISTS files (stamp TEXT PRIMARY KEY, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS contents (key TEXT PRIMARY KEY, facts TEXT NOT NULL, look BLOB NOT NULL);
"""


def stamp(path: str) -> str | None:
    """Identifies a file's content without reading it: place, size, time of change. None when it cannot be trusted."""
    try:
        found = os.stat(path)  # noqa: PTH116 (a Path costs more than the call, per file)
    except (OSError, ValueError):
        return None
    if time.time_ns() - found.st_mtime_ns < RACY_NS:
        return None
    return json.dumps([os.path.abspath(path), found.st_size, found.st_mtime_ns, found.st_ino])  # noqa: PTH100


def _remove_earlier(folder: Path) -> None:
    """Remove what earlier versions remembered, as far as that is allowed: nobody reads it any more."""
    for path in folder.glob("v*.sqlite*"):
        number = path.name[1:].partition(".")[0]
        if number.isascii() and number.isdigit() and int(number) < VERSION:
            with contextlib.suppress(OSError):
                path.unlink()


class ScanCache:
    """A small database below `home`. It is never needed: whatever goes wrong with it only costs time.

    Used from one thread. ``trouble`` says what went wrong, if anything did.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or home() / "scans" / f"v{VERSION}.sqlite"
        self.trouble: str | None = None
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> ScanCache:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _remove_earlier(self.path.parent)
            self._database = sqlite3.connect(self.path, timeout=5)
            self._database.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def digests(self, stamps: Iterable[str]) -> dict[str, str]:
        """SHA-256 by stamp, of the files that are known."""
        return dict(self._look_up("SELECT stamp, digest FROM files WHERE stamp IN", stamps))

    def contents(self, keys: Iterable[str]) -> dict[str, tuple[str, bytes]]:
        """Facts (JSON) and look by content key, of the contents that are known."""
        rows = self._look_up("SELECT key, facts, look FROM contents WHERE key IN", keys)
        return {key: (facts, look) for key, facts, look in rows}

    def remember(self, files: Sequence[tuple[str, str]], contents: Sequence[tuple[str, str, bytes]]) -> None:
        """Store ``(stamp, digest)`` and ``(key, facts, look)`` rows."""
        if self._database is None:
            return
        try:
            with self._database:
                self._database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?)", files)
                self._database.executemany("INSERT OR REPLACE INTO contents VALUES (?, ?, ?)", contents)
                for table in ("files", "contents"):
                    oldest = f"DELETE FROM {table} WHERE rowid <= (SELECT MAX(rowid) FROM {table}) - ?"
                    self._database.execute(oldest, (MOST,))
        except sqlite3.Error as error:
            self._give_up(error)

    def _look_up(self, query: str, keys: Iterable[str]) -> list[tuple]:
        if self._database is None:
            return []
        wanted, found = list(keys), []
        try:
            for start in range(0, len(wanted), 500):
                part = wanted[start : start + 500]
                found += self._database.execute(f"{query} ({','.join('?' * len(part))})", part).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return []
        return found

    def _give_up(self, error: Exception) -> None:
        self.trouble = f"Earlier scans could not be used ({error}); delete {self.path} if this stays so."
        if self._database is not None:
            self._database.close()
            self._database = None
