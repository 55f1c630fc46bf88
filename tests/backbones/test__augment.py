from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from headstart.backbones._augment import CHANGES, changed

FILL = [124.0, 116.0, 104.0]


def picture(size: tuple[int, int] = (48, 40)) -> Image.Image:
    blobs = np.random.default_rng(0).integers(30, 226, size=(6, 6, 3), dtype=np.uint8)
    return Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize("name", sorted(CHANGES))
@pytest.mark.parametrize("strength", [-1.0, 0.6, 1.0])
def test_every_change_keeps_size_and_mode(name: str, strength: float):
    found = CHANGES[name](picture(), strength, FILL)
    assert (found.size, found.mode) == ((48, 40), "RGB")
    assert (np.asarray(found) == np.asarray(picture())).all() == (name == "same")


@pytest.mark.parametrize("name", sorted({*CHANGES} - {"autocontrast", "equalize"}))
def test_no_strength_is_hardly_any_change(name: str):
    found = np.asarray(CHANGES[name](picture(), 0.0, FILL), dtype=int)
    assert np.abs(found - np.asarray(picture(), dtype=int)).max() <= 1


def test_a_change_is_a_function_of_its_generator_in_threads_too():
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda seed: changed(picture(), random.Random(seed), FILL).tobytes(), [*range(40)] * 2))
    assert found[:40] == found[40:]
    assert len(set(found)) > 30


def test_what_comes_in_from_outside_has_the_filling():
    found = np.asarray(CHANGES["shift x"](picture(), 1.0, FILL))
    assert (found[:, 0] == [124, 116, 104]).all()
