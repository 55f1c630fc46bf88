from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from headstart.data._load import load
from headstart.data._load_unlabelled import load_unlabelled
from headstart.data._overlap import copies
from tests import sounds
from tests.data.test__load_unlabelled import picture, sentences


def test_copies_of_texts_are_found_nearly_the_same_among_them():
    data = load(pd.DataFrame({"text": sentences(12), "label": list("ab") * 6}))
    other = load_unlabelled(pd.DataFrame({"text": [sentences(12)[3], sentences(12)[5] + "!", *sentences(20)[14:]]}))
    assert np.flatnonzero(copies(data, np.arange(12), other)).tolist() == [3, 5]
    assert copies(data, np.array([4, 5]), other).tolist() == [False, True]
    assert copies(data, np.arange(0), other).shape == (0,)
    assert np.flatnonzero(copies(other, np.arange(len(other)), data)).tolist() == [0, 1]


def test_copies_of_pictures_are_found_in_another_format_too(tmp_path: Path):
    for number in range(6):
        picture(tmp_path / "data" / "ab"[number % 2] / f"{number}.png", number)
        picture(tmp_path / "other" / f"{number}.png", number + 100)
    Image.open(tmp_path / "data" / "a" / "2.png").save(tmp_path / "other" / "x.bmp")
    data, other = load(tmp_path / "data"), load_unlabelled(tmp_path / "other")
    found = copies(data, np.arange(6), other)
    assert [data.ids[row] for row in np.flatnonzero(found)] == ["a/2.png"]
    (tmp_path / "data" / "a" / "2.png").unlink()
    assert not copies(data, np.arange(6), other).any()  # nobody can tell any more


def test_copies_of_sounds_are_found(tmp_path: Path):
    sounds.folders(tmp_path / "data", train=4, test=4)
    data = load(tmp_path / "data")
    other = load_unlabelled(tmp_path / "data" / "test")
    found = copies(data, np.arange(len(data)), other)
    assert np.flatnonzero(found).tolist() == data.split.test.tolist()
