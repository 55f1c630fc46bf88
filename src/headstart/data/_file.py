"""Bytes of one file, or the reason why not."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from headstart.core.errors import UnreadableItem

MARKS = (
    (b"version https://git-lfs", "it is a Git LFS pointer, not the file itself (run: git lfs pull)"),
    (b"<!doctype html", "it is a web page, probably what a failed download left behind"),
    (b"<html", "it is a web page, probably what a failed download left behind"),
)
"""Beginnings (lower case) of files that stand where something else was meant, and what to say about them."""


def read_bytes(path: str | Path) -> bytes:
    """All bytes of a regular, non-empty file.

    Raises:
        UnreadableItem: it is missing, empty, not a regular file, in a loop of links, or may not be read.
    """
    name = os.fspath(path)
    try:
        # A named pipe called x.png would block for ever; only regular files are opened.
        if not stat.S_ISREG(os.stat(name).st_mode):  # noqa: PTH116 (a Path costs more than the call, per file)
            raise UnreadableItem(name, "it is not a regular file")
        with open(name, "rb") as file:  # noqa: PTH123
            raw = file.read()
    except OSError as error:
        raise UnreadableItem(name, _reason(error)) from error
    except ValueError as error:
        raise UnreadableItem(name, "its name holds a null character") from error
    if not raw:
        raise UnreadableItem(name, "it is empty (0 bytes)")
    return raw


def describe_beginning(raw: bytes) -> str | None:
    """What a file that is not what it should be seems to be instead, or None."""
    head = raw[:64].lstrip().lower()
    for mark, meaning in MARKS:
        if head.startswith(mark):
            return meaning
    try:
        text = raw[:40].decode("ascii")
    except UnicodeDecodeError:
        return None
    return f"it is text (it begins with {text!r})" if text.isprintable() or text.strip().isprintable() else None


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "there is no such file"
    if error.errno == errno.ELOOP:
        return "its symbolic links lead in a circle"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "permission to read it is missing"
    return (error.strerror or str(error)).lower()
