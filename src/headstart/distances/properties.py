"""What anybody can see in an item, and in which of it two sides differ."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import rankdata

from headstart.core.bands import log_bands
from headstart.core.card import Differing
from headstart.core.sound import Clip
from headstart.distances.two_sample import DRAWS, LEVEL, drawn_sides, units_of

LOOKED_AT = 256
"""Pixels of the side of the grey picture that sharpness is measured on."""
BANDS = 64
TELLING = 0.6
"""Probability with which an item of one side exceeds one of the other, from which on it is worth telling."""


def properties(item: Any, size: tuple[int, int] | None = None) -> dict[str, float]:
    """Of a decoded item: a text, a `Clip` or a picture, whose ``size`` (width, height) is told where it was decoded at
    a reduced scale.
    """
    if isinstance(item, str):
        found = _of_text(item)
    else:
        found = _of_clip(item) if isinstance(item, Clip) else _of_picture(item, size or item.size)
    # What rounding leaves of an even picture's contrast is no difference.
    return {name: round(value, 9) for name, value in found.items()}


def _of_picture(picture: Image.Image, size: tuple[int, int]) -> dict[str, float]:
    width, height = size
    colours = np.asarray(picture.convert("HSV").resize((LOOKED_AT, LOOKED_AT), Image.Resampling.BOX), dtype=np.float64)
    grey = np.asarray(picture.convert("L").resize((LOOKED_AT, LOOKED_AT), Image.Resampling.BOX), dtype=np.float64) / 255
    curved = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    return {
        "longer side (pixels)": float(max(width, height)),
        "width by height": width / height,
        "brightness": float(grey.mean()),
        "contrast": float(grey.std()),
        "colour": float(colours[..., 1].mean() / 255),
        "sharpness": float(np.sqrt(np.mean(curved**2))),
    }


def _of_text(text: str) -> dict[str, float]:
    words, letters = text.split(), [each for each in text if each.isalpha()]
    punctuation = sum(unicodedata.category(each).startswith("P") for each in text)
    return {
        "words": float(len(words)),
        "letters in a word": sum(map(len, words)) / max(1, len(words)),
        "share of capitals": sum(map(str.isupper, letters)) / max(1, len(letters)),
        "share of digits": sum(map(str.isdigit, text)) / max(1, len(text)),
        "share of punctuation": punctuation / max(1, len(text)),
        "share of letters beyond a to z": sum(not each.isascii() for each in letters) / max(1, len(letters)),
    }


def _of_clip(clip: Clip) -> dict[str, float]:
    samples = np.asarray(clip.samples, dtype=np.float64)
    power = float(np.mean(samples**2)) if len(samples) else 0.0
    bands = log_bands(clip, BANDS).mean(axis=1)
    return {
        "seconds": clip.seconds,
        "rate (Hz)": float(clip.rate),
        "loudness (dB)": 10 * float(np.log10(max(power, 1e-12))),
        "peak": float(np.abs(samples).max(initial=0.0)),
        "tilt towards high pitches (dB)": float(bands[BANDS // 2 :].mean() - bands[: BANDS // 2].mean()),
    }


def differing(
    first: Sequence[Mapping[str, float]],
    second: Sequence[Mapping[str, float]],
    *,
    first_groups: NDArray[np.int64] | None = None,
    second_groups: NDArray[np.int64] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> tuple[Differing, ...]:
    """Properties in which the sides differ, the most telling first.

    Rank sums on each property, against the same domain split at random as in `headstart.distances.two_sample`; the
    p-value of a property is the share of draws in which any property differs as much (Westfall and Young 1993, section
    2.3).
    """
    names = list(first[0])
    values = np.array([[each[name] for name in names] for each in (*first, *second)])
    codes, count = units_of(len(first), len(second), first_groups, second_groups)
    sides = drawn_sides(codes, count, draws, np.random.default_rng(seed))
    ranks = np.stack([rankdata(column) for column in values.T])
    sizes = sides.sum(axis=0), (~sides).sum(axis=0)
    exceeds = (ranks @ ~sides - sizes[1] * (sizes[1] + 1) / 2) / (sizes[0] * sizes[1])
    most = np.abs(exceeds - 0.5).max(axis=0)
    found = []
    for number, name in enumerate(names):
        gap = abs(exceeds[number, 0] - 0.5)
        p = float(np.mean(most >= gap - 1e-12))
        if p <= LEVEL and gap >= TELLING - 0.5:
            medians = [float(np.median(side)) for side in np.split(values[:, number], [len(first)])]
            value = float(exceeds[number, 0])
            found.append(Differing(name=name, first=medians[0], second=medians[1], exceeds=value, p=p))
    return tuple(sorted(found, key=lambda each: -abs(each.exceeds - 0.5)))
