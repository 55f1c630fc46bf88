"""One picture in, one RGB picture out, read the same way for training and for prediction."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from headstart.core.errors import UnreadableItem
from headstart.data._file import describe_beginning, read_bytes
from headstart.data._formats import FORMATS, SUFFIXES
from headstart.data._pixels import from_array, to_rgb, upright, upright_size
from headstart.data._reduce import JPEGS, Header, reduce
from headstart.data._tiff import has_more, unsupported

if TYPE_CHECKING:
    from numpy.typing import NDArray

logging.getLogger("PIL").addHandler(logging.NullHandler())  # what it has to say of a file is said here

MAX_PIXELS = 178_956_970
"""Pictures with more pixels than this are refused before they are decoded (the limit Pillow sets as well)."""

TINY = 32
"""A picture whose shorter side is below this many pixels is worth a note."""

LONGEST_ASPECT = 8.0
"""So is one whose longer side is more than this many times the shorter."""

_BROKEN = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, RuntimeError, struct.error),
    Warning,
)
# What Pillow's decoders raise on damaged data: they have no base class in common. A warning arrives here only where
# warnings are errors.


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as RGB, what was remarkable about the file (keys of `headstart.data._audit.ODDITIES`), its (width,
    height) upright, which ``image`` lacks where it was decoded at a reduced scale, and the file's header.
    """

    image: Image.Image
    odd: tuple[str, ...]
    size: tuple[int, int]
    header: Header


def read_image(source: str | Path | bytes | Image.Image | NDArray[Any], least_side: int | None = None) -> Image.Image:
    """``source`` as an RGB picture; a JPEG file as small as `Header.scale` allows for ``least_side``.

    So is a PIL image of a JPEG of which no pixel has been decoded yet; it is left as it is.

    EXIF orientation is applied, transparency is laid over white, and of an animation the first frame counts. Grey
    with more than 8 bits is scaled as `headstart.data._pixels.to_levels` says. Arrays have shape ``(H, W)``,
    ``(H, W, 1)``, ``(H, W, 3)`` or ``(H, W, 4)`` and hold integers, booleans or floats.

    Raises:
        UnreadableItem: missing, empty, truncated, too large, or not a picture.
    """
    if isinstance(source, Image.Image):
        if least_side is not None and (raw := _undecoded(source)):
            return decode(raw, "The given image", least_side).image
        _check_size(source, "The given image")
        return _convert(source, "The given image")[0]
    if isinstance(source, np.ndarray):
        return from_array(source)
    if isinstance(source, bytes):
        return decode(source, "The given image", least_side).image
    if isinstance(source, str | Path):
        return decode(read_bytes(source), str(source), least_side).image
    raise UnreadableItem(
        "The given item", f"it is a {type(source).__name__}, expected a path, bytes, a PIL image or a NumPy array"
    )


def _undecoded(image: Image.Image) -> bytes | None:
    """The JPEG file behind a picture that was opened and is not decoded yet; None for every other picture."""
    if not isinstance(image, ImageFile.ImageFile) or image.format not in JPEGS or not image.tile or image.tell() > 0:
        return None
    if image.fp is None or image.fp.closed:
        return None
    position = image.fp.tell()
    image.fp.seek(0)
    try:
        return image.fp.read()
    finally:
        image.fp.seek(position)


def decode(raw: bytes, name: str, least_side: int | None = None) -> Decoded:
    """The picture in ``raw``, called ``name`` in messages; the name's ending is compared with the content.

    ``least_side``: see `Header.scale`.

    Raises:
        UnreadableItem: see `read_image`.
    """
    return decoded(opened(raw, name), name, least_side)


def opened(raw: bytes, name: str) -> Image.Image:
    """The picture in ``raw``, of which only the header has been read: its size is known, its pixels are not.

    Raises:
        UnreadableItem: see `read_image`; damage behind the header shows in `decoded`.
    """
    if not raw:
        raise UnreadableItem(name, "it is empty (0 bytes)")
    try:
        return Image.open(BytesIO(raw), formats=_openable())
    except Image.DecompressionBombError as error:
        raise UnreadableItem(name, _too_large()) from error
    except UnidentifiedImageError as error:
        if why := unsupported(raw):
            raise UnreadableItem(name, why) from error
        seems = describe_beginning(raw) or "it is damaged, or in a format that is not supported"
        raise UnreadableItem(name, f"it is not a picture; {seems}") from error
    except _BROKEN as error:
        raise UnreadableItem(name, f"it is damaged ({error})") from error


def header(image: Image.Image) -> Header:
    """What is known of an `opened` picture."""
    return Header(image.size, image.format in JPEGS)


def pixels_held(image: Image.Image, least_side: int | None = None) -> int:
    """Pixels to reckon with in memory while an `opened` picture is decoded; ``least_side``: see `Header.scale`.

    Of a progressive JPEG they are all there is, whatever the scale: its decoder holds the frequencies of the whole
    picture, about three bytes a pixel, until the last of its passes is read.
    """
    scale = 1 if image.info.get("progressive") else header(image).scale(least_side)
    return image.width * image.height // scale**2


def decoded(image: Image.Image, name: str, least_side: int | None = None) -> Decoded:
    """An `opened` picture with its pixels, which ``image`` may share; ``least_side``: see `Header.scale`.

    Raises:
        UnreadableItem: see `read_image`.
    """
    _check_size(image, name)
    known = header(image)
    scale = known.scale(least_side)
    size = upright_size(image) if scale > 1 else None
    reduce(image, scale)
    rgb, transparent = _convert(image, name)
    odd = _oddities(image, name, known.size, transparent)
    if rgb is image and "animation" in odd:  # looking for a second frame has moved it on
        try:
            image.seek(0)
            image.load()
        except _BROKEN as error:
            raise UnreadableItem(name, f"it is damaged ({error})") from error
    return Decoded(rgb, odd, size or rgb.size, known)


@cache
def _openable() -> tuple[str, ...]:
    # MPO has no opener of its own (JPEG's gives it), and a build of Pillow may lack AVIF or JPEG 2000.
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UnreadableItem(name, f"{_too_large()} ({width} x {height})")
    if width * height == 0:
        raise UnreadableItem(name, f"it has no pixels ({width} x {height})")


def _convert(image: Image.Image, name: str) -> tuple[Image.Image, bool]:
    try:
        return to_rgb(upright(image))
    except _BROKEN as error:
        raise UnreadableItem(name, f"it is damaged ({error})") from error


def _too_large() -> str:
    return f"it has more than {MAX_PIXELS // 1_000_000} million pixels"


def _oddities(image: Image.Image, name: str, size: tuple[int, int], transparent: bool) -> tuple[str, ...]:
    short, long = sorted(size)
    suffix = Path(name).suffix.lower()
    found = {
        "wrong_extension": suffix in SUFFIXES and suffix not in FORMATS[image.format or ""],
        "more_channels": has_more(image),
        "cmyk": image.mode == "CMYK",
        "deep_grey": image.mode in ("I", "F") or image.mode.startswith("I;16"),
        "transparent": transparent,
        "tiny_image": short < TINY,
        "extreme_aspect": long > LONGEST_ASPECT * short,
        "animation": _has_second_frame(image),
    }
    return tuple(code for code, is_so in found.items() if is_so)


def _has_second_frame(image: Image.Image) -> bool:
    if image.format not in ("GIF", "WEBP", "TIFF", "PNG"):  # MPO holds a second picture by design
        return False
    try:
        image.seek(1)
    except _BROKEN:
        return False
    return True
