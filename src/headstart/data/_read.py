"""Items decoded: for the passes over a data set, and for prediction on whatever a user holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from headstart.core.dataset import Modality
from headstart.core.errors import UnreadableItem, UserError
from headstart.core.sound import Clip
from headstart.data._arrow import is_image_object
from headstart.data._clip import heard, read_clip
from headstart.data._file import read_bytes
from headstart.data._image import MAX_PIXELS, Decoded, decoded, header, opened, pixels_held, read_image
from headstart.data._reduce import Header
from headstart.data._room import Room
from headstart.data._text import read_text

MOST_NAMED = 20
AT_ONCE = MAX_PIXELS
"""Pixels decoded at the same time at most, over all threads of the process (`pixels_held`)."""
_ROOM = Room(AT_ONCE)


def read_picture(item: Mapping[str, Any], least_side: int | None) -> Decoded:
    """An image ``{"path", "bytes"}`` decoded; ``least_side``: see `Header.scale`. Thread-safe.

    Of large pictures one at a time is decoded, over all threads: see `AT_ONCE`.

    Raises:
        UnreadableItem: the file has gone or changed since the data set was loaded.
    """
    raw, name = _raw(item)
    image = opened(raw, name)
    with _ROOM.of(pixels_held(image, least_side)):
        return decoded(image, name, least_side)


def read_sound(item: Mapping[str, Any]) -> Clip:
    """A sound ``{"path", "bytes"}`` decoded. Thread-safe.

    Raises:
        UnreadableItem: the file has gone or changed since the data set was loaded.
    """
    return heard(*_raw(item)).clip


def read_header(item: Mapping[str, Any]) -> Header:
    """What the file of an image ``{"path", "bytes"}`` says of it before it is decoded.

    Raises:
        UnreadableItem: see `read_picture`.
    """
    return header(opened(*_raw(item)))


def _raw(item: Mapping[str, Any]) -> tuple[bytes, str]:
    """The file's bytes, and its name in messages."""
    path, raw = item.get("path"), item.get("bytes")
    if raw is None:
        if path is None:
            raise UnreadableItem("The given item", "it has neither a path nor bytes")
        raw = read_bytes(path)
    return raw, "The given item" if path is None else str(path)


def read_items(
    raw: Iterable[Any],
    modality: Modality,
    least_side: int | None = None,
    unreadable: Callable[[UnreadableItem], object] | None = None,
) -> Iterator[tuple[str, Any]]:
    """Name and decoded item of each raw one, read when it is asked for: photographs are large.

    Images: paths, bytes, PIL images, arrays, or ``{"path", "bytes"}`` mappings. Texts: strings, UTF-8 bytes, or
    ``pathlib.Path`` objects of text files (a plain string is the text itself). What cannot be read is decided as it
    is in training; ``unreadable`` is told each such item, which is left out. Where it is None, after the first such
    item the rest are only looked at, so that one error names them all. JPEGs that are not decoded yet (files, bytes,
    PIL images that were only opened) are decoded as `Header.scale` says for ``least_side``; other pictures and arrays
    are taken as they are.

    Raises:
        UserError: items cannot be read, and nobody is told; one problem per item.
    """
    problems: list[UnreadableItem] = []
    for number, item in enumerate(raw, start=1):
        name = _name(item, number, modality)
        try:
            ready = _ready(item, modality, least_side)
        except UnreadableItem as error:
            found = UnreadableItem(name, error.reason, quoted=True, position=number - 1)
            if unreadable is None:
                problems.append(found)
            else:
                unreadable(found)
            continue
        if not problems:
            yield name, ready
    if problems:
        raise all_unreadable(problems)


def all_unreadable(items: Sequence[UnreadableItem]) -> UserError:
    """One error that names them, or the first `MOST_NAMED` of them."""
    rest = len(items) - MOST_NAMED
    return UserError(*map(str, items[:MOST_NAMED]), *([f"{rest} more items cannot be read."] if rest > 0 else []))


def _ready(item: Any, modality: Modality, least_side: int | None) -> Any:
    if modality == "text":
        return read_text(item)
    if modality == "audio":
        is_file = isinstance(item, Mapping) and "array" not in item
        return read_sound(item) if is_file else read_clip(os.fspath(item) if isinstance(item, os.PathLike) else item)
    if is_image_object(item) and isinstance(item, Mapping):
        return read_picture(item, least_side).image
    return read_image(item, least_side)


def _name(item: Any, number: int, modality: Modality) -> str:
    if isinstance(item, os.PathLike):
        return os.fspath(Path(item))
    if isinstance(item, str) and (modality != "text" or item.strip()):
        return item
    if isinstance(item, Mapping) and item.get("path"):
        return str(item["path"])
    return f"item {number}"
