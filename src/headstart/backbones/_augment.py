"""One strong change to a picture, drawn from a generator of one's own: torchvision's own classes draw from the
process's, which threads share.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

Change = Callable[[Any, float, list[float]], Any]
"""Picture, strength from -1 to 1, and the colour that fills what comes in from outside."""

SHEAR, SHIFT, TURN = 17.0, 0.3, 30.0
"""Degrees, share of a side, degrees."""
TONE = 0.9
"""Most that brightness, saturation, contrast and sharpness are multiplied by, from 1."""
BITS = 4
"""Of a colour that are dropped at most."""


def changed(picture: Image.Image, draw: random.Random, fill: list[float]) -> Image.Image:
    """``picture`` after one change out of `CHANGES`, both it and its strength drawn evenly.

    TrivialAugment (Mueller and Hutter 2021, arXiv 2103.10158, algorithm 1) over the operations and about the ranges of
    RandAugment (Cubuk et al. 2020, arXiv 1909.13719): nothing to tune, which suits small data.
    """
    name = draw.choice(sorted(CHANGES))
    return CHANGES[name](picture, draw.uniform(-1.0, 1.0), fill)


def _functional() -> Any:
    from torchvision.transforms.v2 import functional

    return functional


def _same(picture: Any, strength: float, fill: list[float]) -> Any:
    del strength, fill
    return picture


def _moved(picture: Any, strength: float, fill: list[float], kind: str) -> Any:
    shift = {"x": [round(strength * SHIFT * picture.width), 0], "y": [0, round(strength * SHIFT * picture.height)]}
    shear = {"x": [strength * SHEAR, 0.0], "y": [0.0, strength * SHEAR]}
    what, axis = kind.split()
    return _functional().affine(
        picture,
        angle=0.0,
        scale=1.0,
        translate=shift[axis] if what == "shift" else [0, 0],
        shear=shear[axis] if what == "shear" else [0.0, 0.0],
        fill=fill,
    )


def _turned(picture: Any, strength: float, fill: list[float]) -> Any:
    return _functional().rotate(picture, strength * TURN, fill=fill)


def _toned(picture: Any, strength: float, fill: list[float], quality: str) -> Any:
    del fill
    return getattr(_functional(), f"adjust_{quality}")(picture, 1.0 + TONE * strength)


def _coarse(picture: Any, strength: float, fill: list[float]) -> Any:
    del fill
    return _functional().posterize(picture, 8 - round(BITS * abs(strength)))


def _solarised(picture: Any, strength: float, fill: list[float]) -> Any:
    del fill
    return _functional().solarize(picture, round(256 * (1 - abs(strength))))


def _stretched(picture: Any, strength: float, fill: list[float], how: str) -> Any:
    del strength, fill
    return getattr(_functional(), how)(picture)


CHANGES: Mapping[str, Change] = {
    "same": _same,
    **{kind: partial(_moved, kind=kind) for kind in ("shift x", "shift y", "shear x", "shear y")},
    "turned": _turned,
    **{tone: partial(_toned, quality=tone) for tone in ("brightness", "saturation", "contrast", "sharpness")},
    "coarse": _coarse,
    "solarised": _solarised,
    **{how: partial(_stretched, how=how) for how in ("autocontrast", "equalize")},
}
