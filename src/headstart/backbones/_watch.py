"""Progress of a download that somebody else does: watch the bytes arrive in a folder."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headstart.core.progress import Progress

INTERVAL = 0.2
"""Seconds between two looks."""


@contextmanager
def watching(folder: Path, expected: int, name: str, progress: Progress) -> Iterator[None]:
    """Report the growth of ``folder`` as a stage of ``expected`` bytes while the block runs."""
    done = threading.Event()
    with progress.stage(name, total=expected) as stage:
        before, seen = _size(folder), 0

        def look() -> None:
            nonlocal seen
            size = min(_size(folder) - before, expected)
            if size > seen:
                stage.advance(size - seen)
                seen = size

        def keep_looking() -> None:
            while not done.wait(INTERVAL):
                look()

        watcher = threading.Thread(target=keep_looking, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
        stage.advance(expected - seen)


def _size(folder: Path) -> int:
    """Bytes of all files below ``folder``; what the downloader renames or removes while we look is left out."""
    total = 0
    for parent, _, names in os.walk(folder):  # passes over folders that vanish, unlike Path.rglob
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(parent, name).lstat().st_size
    return total
