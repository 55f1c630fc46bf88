"""Every pixel format to 8-bit RGB."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from headstart.core.errors import UnreadableItem

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHITE = (255, 255, 255, 255)

FULL_SCALES = (255, 4095, 65535)
"""Brightest value of 8-, 12- and 16-bit grey."""

STRIP = 1 << 20
"""Pixels converted at a time: what a large picture needs beside itself and its RGB form stays a few megabytes."""

ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each value of the EXIF tag Orientation (EXIF 2.32, section 4.6.4)."""
SIDEWAYS = [turn for value, turn in TURNS.items() if value >= 5]


def upright(image: Image.Image) -> Image.Image:
    """``image`` turned as its EXIF block says; a block that cannot be read says nothing."""
    turn = _turn(image)
    return image if turn is None else image.transpose(turn)


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of what `upright` gives. Of a JPEG no pixel is decoded."""
    return (image.height, image.width) if _turn(image) in SIDEWAYS else (image.width, image.height)


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return TURNS.get(image.getexif().get(ORIENTATION, 1))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, struct.error, UserWarning):
        return None


def to_rgb(image: Image.Image) -> tuple[Image.Image, bool]:
    """``image`` in mode RGB, and whether any of its pixels was transparent (those are laid over white)."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(to_levels(np.asarray(image))).convert("RGB"), False
    if not image.has_transparency_data:
        if image.mode == "RGB":
            image.load()
            return image, False
        return image.convert("RGB"), False
    return _over_white(image)


def _over_white(image: Image.Image) -> tuple[Image.Image, bool]:
    """In strips, because every step makes a copy of four bytes a pixel."""
    image.load()
    flat, transparent = Image.new("RGB", image.size), False
    for top, strip in strips(image):
        layered = strip.convert("RGBA")
        if layered.getchannel("A").getextrema() != (255, 255):
            transparent = True
            layered = Image.alpha_composite(Image.new("RGBA", layered.size, WHITE), layered)
        flat.paste(layered.convert("RGB"), (0, top))
    return flat, transparent


def strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """``image`` from top to bottom in pieces of whole rows, about `STRIP` pixels each, with the row they begin at."""
    rows = max(1, STRIP // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def to_levels(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Integers or floats of any range as levels 0..255, same shape.

    Floats within [0, 1] are multiplied by 255. Other non-negative values up to 65535 are divided by full scale,
    the smallest of 255, 4095 and 65535 that holds the brightest one: 12-bit cameras write 16-bit files, and such a
    picture would come out almost black otherwise. The price is that a 16-bit picture using less than a sixteenth of
    its range comes out brighter than its neighbours. Values outside are stretched from their minimum to their
    maximum. NaN and infinities count as the smallest finite value.

    Raises:
        ValueError: no value is a finite number.
    """
    flat = values.reshape(-1)
    parts = [slice(start, start + STRIP) for start in range(0, len(flat), STRIP)]
    low, high = np.inf, -np.inf
    for part in parts:
        finite = flat[part][np.isfinite(flat[part])].astype(np.float64)
        low, high = float(finite.min(initial=low)), float(finite.max(initial=high))
    if low > high:
        raise ValueError("none of its pixels is a finite number")
    floor, scale = _scale(low, high, is_float=values.dtype.kind == "f")
    levels = np.empty(len(flat), dtype=np.uint8)
    for part in parts:
        exact = np.where(np.isfinite(flat[part]), flat[part].astype(np.float64), low)
        levels[part] = np.rint((exact - floor) * scale)
    return levels.reshape(values.shape)


def _scale(low: float, high: float, *, is_float: bool) -> tuple[float, float]:
    if low >= 0:
        if is_float and high <= 1:
            return 0.0, 255.0
        for full in FULL_SCALES:
            if high <= full:
                return 0.0, 255.0 / full
    return low, 255.0 / (high - low) if high > low else 0.0


def from_array(array: NDArray[Any]) -> Image.Image:
    """An array ``(H, W)``, ``(H, W, 1)``, ``(H, W, 3)`` or ``(H, W, 4)`` as an RGB picture.

    Raises:
        UnreadableItem: another shape, or no finite numbers.
    """
    flat = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
    if flat.size == 0 or not (flat.ndim == 2 or (flat.ndim == 3 and flat.shape[2] in (3, 4))):
        shape = tuple(array.shape)
        raise UnreadableItem("The given array", f"its shape is {shape}, expected (H, W) or (H, W, 1, 3 or 4)")
    if flat.dtype.kind not in "buif":
        raise UnreadableItem("The given array", f"it holds {flat.dtype}, expected integers, booleans or floats")
    if flat.dtype == np.bool_:
        flat = flat.astype(np.uint8) * np.uint8(255)
    try:
        levels = flat if flat.dtype == np.uint8 else to_levels(flat)
    except ValueError as error:
        raise UnreadableItem("The given array", str(error)) from error
    return to_rgb(Image.fromarray(np.ascontiguousarray(levels)))[0]
