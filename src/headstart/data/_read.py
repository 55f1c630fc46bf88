"""Items decoded: for the passes over a data set, and for prediction on whatever a user holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from headstart.core.dataset import Modality
from headstart.core.errors import UnreadableItem, UserError
from headstart.data._arrow import is_image_object
from headstart.data._image import read_image
from headstart.data._text import read_text

MOST_NAMED = 20


def read_item(item: Any, modality: Modality) -> Any:
    """An ``item`` of `Dataset.table` decoded: image to RGB ``PIL.Image``, text to ``str``. Thread-safe.

    Raises:
        UnreadableItem: the file has gone or changed since the data set was loaded.
    """
    if modality == "text":
        return read_text(item)
    return read_image(item["path"] if item["bytes"] is None else item["bytes"])


def as_items(
    raw: Sequence[Any], modality: Modality, ready: Callable[[Any], Any] = lambda decoded: decoded
) -> tuple[list[str], list[Any]]:
    """Names and decoded items of N raw ones, each ``ready`` as soon as it is decoded.

    Photographs are large: a folder of them fits into memory only if each is made small before the next is read.

    Images: paths, bytes, PIL images, arrays, or ``{"path", "bytes"}`` mappings. Texts: strings, UTF-8 bytes, or
    ``pathlib.Path`` objects of text files (a plain string is the text itself). What cannot be read is decided as it
    is in training, and is never skipped or replaced.

    Raises:
        UserError: items cannot be read; one problem per item.
    """
    names = [_name(item, number, modality) for number, item in enumerate(raw, start=1)]
    decoded: list[Any] = []
    problems: list[str] = []
    for name, item in zip(names, raw, strict=True):
        try:
            decoded.append(ready(_decoded(item, modality)))
        except UnreadableItem as error:
            problems.append(f"'{name}' cannot be read: {error.reason}.")
    if len(problems) > MOST_NAMED:
        problems = [*problems[:MOST_NAMED], f"{len(problems) - MOST_NAMED} more items cannot be read."]
    if problems:
        raise UserError(*problems)
    return names, decoded


def _decoded(item: Any, modality: Modality) -> Any:
    if modality == "text":
        return read_text(item)
    if is_image_object(item) and isinstance(item, Mapping):
        return read_item({"path": item.get("path"), "bytes": item.get("bytes")}, modality)
    return read_image(item)


def _name(item: Any, number: int, modality: Modality) -> str:
    if isinstance(item, os.PathLike):
        return os.fspath(Path(item))
    if isinstance(item, str) and (modality == "image" or item.strip()):
        return item
    if isinstance(item, Mapping) and item.get("path"):
        return str(item["path"])
    return f"item {number}"
