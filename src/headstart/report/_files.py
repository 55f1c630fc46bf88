"""Writing a text file in one step."""

from __future__ import annotations

import os
from pathlib import Path

from headstart.core.errors import Unavailable


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 ``text`` to ``path``: either all of it is there afterwards or what was there before.

    Raises:
        Unavailable: the folder cannot be made or written to, or the disk is full.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        if partial.is_file():
            partial.unlink()
        reason = error.strerror or str(error)
        raise Unavailable(f"'{path}' cannot be written ({reason}); free some space or choose another --out.") from error
    return path
