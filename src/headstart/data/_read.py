"""Items decoded: for the passes over a data set, and for prediction on whatever a user holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
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


def read_items(raw: Iterable[Any], modality: Modality) -> Iterator[tuple[str, Any]]:
    """Name and decoded item of each raw one, read when it is asked for: photographs are large.

    Images: paths, bytes, PIL images, arrays, or ``{"path", "bytes"}`` mappings. Texts: strings, UTF-8 bytes, or
    ``pathlib.Path`` objects of text files (a plain string is the text itself). What cannot be read is decided as it
    is in training, and is never skipped or replaced: after the first such item the rest are only looked at, so that
    one error names them all.

    Raises:
        UserError: items cannot be read; one problem per item.
    """
    problems: list[str] = []
    for number, item in enumerate(raw, start=1):
        name = _name(item, number, modality)
        try:
            decoded = _decoded(item, modality)
        except UnreadableItem as error:
            problems.append(f"'{name}' cannot be read: {error.reason}.")
            continue
        if not problems:
            yield name, decoded
    if len(problems) > MOST_NAMED:
        problems = [*problems[:MOST_NAMED], f"{len(problems) - MOST_NAMED} more items cannot be read."]
    if problems:
        raise UserError(*problems)


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
