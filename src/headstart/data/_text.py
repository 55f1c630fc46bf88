"""One text in, one checked string out, read the same way for training and for prediction."""

from __future__ import annotations

import codecs
from pathlib import Path

from headstart.core.errors import UnreadableItem
from headstart.data._file import read_bytes

EMPTY = "it holds no text"
"""The reason when a text is nothing but white space."""


def read_text(source: str | bytes | Path) -> str:
    """A string as it is; bytes, or the content of the file at a ``Path``, decoded by `decode_text`.

    Raises:
        UnreadableItem: not text, not UTF-8, or nothing but white space.
    """
    if isinstance(source, Path):
        text = decode_text(read_bytes(source), str(source))
    elif isinstance(source, bytes):
        text = decode_text(source, "The given text")
    elif isinstance(source, str):
        text = source
    else:
        raise UnreadableItem("The given item", f"it is a {type(source).__name__}, expected text")
    if not text.strip():
        raise UnreadableItem("The given text" if not isinstance(source, Path) else str(source), EMPTY)
    return text


def decode_text(raw: bytes, name: str) -> str:
    """``raw`` as UTF-8, or as UTF-16 when it begins with that encoding's byte-order mark. Never a guess.

    Raises:
        UnreadableItem: any byte does not fit; the first one is named by offset and line.
    """
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        # The decoder that strips a byte-order mark counts from behind it.
        offset = error.start + (len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0)
        line = raw.count(b"\n", 0, offset) + 1
        file = Path(name)
        convert = f"iconv -f CP1252 -t UTF-8 {file.name} > converted{file.suffix}" if file.suffix else "iconv"
        raise UnreadableItem(
            name,
            f"it is not {encoding.removesuffix('-sig').upper()} (byte 0x{raw[offset]:02x} at offset {offset}, "
            f"line {line}); if it was written on Windows, convert it with: {convert}",
        ) from error
