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
from headstart.core.domain_card import LEVEL, Differing
from headstart.core.sound import Clip
from headstart.distances.two_sample import DRAWS, drawn_sides

SEEN = 64
"""Pixels of the sides of the small picture that is looked at: what a reduced scale of decoding leaves alike."""
BANDS = 64
TELLING = 0.6
"""Probability with which an item of one side exceeds one of the other, from which on it is worth telling."""


def properties(item: Any, longer: int | None = None) -> dict[str, float]:
    """Of a decoded item: a text, a `Clip` or a picture, whose ``longer`` side is told in pixels where it was decoded at
    a reduced scale.
    """
    if isinstance(item, str):
        found = _of_text(item)
    else:
        found = _of_clip(item) if isinstance(item, Clip) else _of_picture(item, longer or max(item.size))
    # What rounding leaves of an even picture's contrast is no difference.
    return {name: round(value, 9) for name, value in found.items()}


def _of_picture(picture: Image.Image, longer: int) -> dict[str, float]:
    width, height = picture.size
    small = picture.resize((SEEN, SEEN), Image.Resampling.BOX, reducing_gap=2.0)
    grey = np.asarray(small.convert("L"), dtype=np.float64) / 255
    return {
        "longer side (pixels)": float(longer),
        "width by height": width / height,
        "brightness": float(grey.mean()),
        "contrast": float(grey.std()),
        "saturation": float(np.asarray(small.convert("HSV"), dtype=np.float64)[..., 1].mean() / 255),
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
        "sampling rate (Hz)": float(clip.rate),
        "level (dB)": 10 * float(np.log10(max(power, 1e-12))),
        "peak": float(np.abs(samples).max(initial=0.0)),
        "spectral tilt (dB)": float(bands[BANDS // 2 :].mean() - bands[: BANDS // 2].mean()),
    }


def differing(
    first: Sequence[Mapping[str, float]],
    second: Sequence[Mapping[str, float]],
    *,
    strata: NDArray[np.int64] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> tuple[Differing, ...]:
    """Properties in which the sides differ, the most telling first, of those that are known of both; items are
    independent of one another.

    Rank sums on each property, ties counting half, against the same items with sides drawn anew, within each of the
    ``strata (N + M,)`` if there are such; the p-value of a property is the share of draws in which any property differs
    as much (Westfall and Young 1993, section 2.3).
    """
    names = [name for name in first[0] if name in second[0]]
    values = np.array([[each[name] for name in names] for each in (*first, *second)])
    sides = drawn_sides(len(first), len(second), draws, np.random.default_rng(seed), strata)
    ranks = np.stack([rankdata(column) for column in values.T])
    exceeds = (ranks @ ~sides - len(second) * (len(second) + 1) / 2) / (len(first) * len(second))
    gaps = np.abs(exceeds - exceeds[:, 1:].mean(axis=1, keepdims=True))
    found = []
    for number, name in enumerate(names):
        gap = float(gaps[number, 0])
        p = float(np.mean(gaps.max(axis=0) >= gap - 1e-12))
        if p <= LEVEL and gap >= TELLING - 0.5:
            means = [float(side.mean()) for side in np.split(values[:, number], [len(first)])]
            value = float(exceeds[number, 0])
            found.append(Differing(name=name, first=means[0], second=means[1], exceeds=value, p=p))
    return tuple(sorted(found, key=lambda each: -abs(each.exceeds - 0.5)))
