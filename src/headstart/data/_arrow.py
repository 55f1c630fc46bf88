"""Items as Arrow columns: one shape for texts, one for images, whatever they came as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import PurePath
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from headstart.core.errors import UnreadableItem
from headstart.core.sound import Clip
from headstart.data._clip import read_clip
from headstart.data._formats import SOUNDS, sounds
from headstart.data._image import read_image

LOOKED_AT = 64
"""Rows that tell what a column of files holds."""
TEXT = pa.large_string()
IMAGE = pa.struct([("path", pa.large_string()), ("bytes", pa.large_binary())])


def text_items(values: Iterable[str | None]) -> pa.ChunkedArray:
    """Texts as a column; lone surrogates, which no encoding can hold, become U+FFFD."""
    clean = [None if value is None else _encodable(value) for value in values]
    return pa.chunked_array([pa.array(clean, type=TEXT)])


def image_items(values: Iterable[tuple[str | None, bytes | None]]) -> pa.ChunkedArray:
    """``(path, bytes)`` pairs as a column."""
    rows = [{"path": path, "bytes": raw} for path, raw in values]
    return pa.chunked_array([pa.array(rows, type=IMAGE)])


def is_image_type(kind: pa.DataType) -> bool:
    """Whether an Arrow column of this type holds encoded images: binary, or a struct with path and bytes."""
    if pa.types.is_struct(kind):
        return {field.name for field in kind} == {"path", "bytes"}
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def from_arrow(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of which `is_image_type` holds, in our shape; the bytes are not copied where Arrow can help it."""
    if not pa.types.is_struct(column.type):
        missing = [pa.nulls(len(chunk), pa.large_string()) for chunk in column.chunks]
        parts = [
            pa.StructArray.from_arrays([path, chunk.cast(pa.large_binary())], fields=list(IMAGE))
            for path, chunk in zip(missing, column.chunks, strict=True)
        ]
        return pa.chunked_array(parts, type=IMAGE)
    order = [column.type.get_field_index(name) for name in ("path", "bytes")]
    parts = []
    for chunk in column.chunks:
        # Unlike field(), flatten() lets a null row be null in its fields too.
        path, raw = (chunk.flatten()[position] for position in order)
        values = [path.cast(pa.large_string()), raw.cast(pa.large_binary())]
        parts.append(pa.StructArray.from_arrays(values, fields=list(IMAGE)))
    return pa.chunked_array(parts, type=IMAGE)


def is_image_object(value: Any) -> bool:
    """Whether a Python value is an image or a sound by its type: encoded, decoded, an array, or a mapping with path and
    bytes.
    """
    if isinstance(value, Mapping):
        return {"path", "bytes"} >= set(value) and len(value) > 0
    return isinstance(value, bytes | Image.Image | np.ndarray)


def is_sound_object(value: Any) -> bool:
    """Whether a Python value can only be a sound: samples with their rate, as `datasets` and others decode them."""
    if isinstance(value, Mapping):
        return {"array", "sampling_rate"} <= set(value)
    samples_and_rate = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], np.ndarray)
    return isinstance(value, Clip) or samples_and_rate


def holds_sounds(items: pa.ChunkedArray) -> bool:
    """Whether most of the first ``items`` (``struct<path, bytes>``) that are there are sounds, by their first bytes or
    by their endings.
    """
    there = [row for row in items.slice(0, LOOKED_AT).to_pylist() if row and (row["bytes"] or row["path"])]
    found = [
        sounds((row["bytes"] or b"")[:16]) or PurePath(row["path"] or "").suffix.lower() in SOUNDS for row in there
    ]
    return sum(found) > len(there) / 2


def from_objects(values: Sequence[Any]) -> tuple[pa.ChunkedArray, dict[int, str]]:
    """Python images and sounds as a column (pictures and arrays are stored as PNG, samples as AU), and why rows are
    null there, by row number.
    """
    rows: list[tuple[str | None, bytes | None]] = []
    unreadable: dict[int, str] = {}
    for number, value in enumerate(values):
        try:
            rows.append(_sound_encoded(value) if is_sound_object(value) else _encoded(value))
        except UnreadableItem as error:
            rows.append((None, None))
            unreadable[number] = error.reason
    return image_items(rows), unreadable


def _encoded(value: Any) -> tuple[str | None, bytes | None]:
    if value is None:
        return None, None
    if isinstance(value, bytes):
        return None, value
    if isinstance(value, Mapping):
        return value.get("path"), value.get("bytes")
    buffer = BytesIO()
    read_image(value).save(buffer, "PNG", compress_level=1)
    return None, buffer.getvalue()


def _sound_encoded(value: Any) -> tuple[str | None, bytes | None]:
    import soundfile

    clip, buffer = read_clip(value), BytesIO()
    # No WAV: libsndfile notes the time in those that hold floats, and equal sounds must have equal bytes.
    soundfile.write(buffer, clip.samples, clip.rate, format="AU", subtype="FLOAT")
    return None, buffer.getvalue()


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode() if any("\ud800" <= c <= "\udfff" for c in text) else text
