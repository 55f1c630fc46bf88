"""Both files come back as they went, and every kind of damage has its sentence."""

import json

import numpy as np
import pytest

from headstart.baselines._files import NUMBERS, RECORD, read, write
from headstart.core.errors import Unavailable


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "it", {"baseline": "toy", "words": ["naïve", "🙂"]}, {"weight": np.arange(6.0).reshape(2, 3).T})
    return tmp_path / "it"


def test_what_was_written_is_read(folder):
    record, numbers = read(folder, "toy", {"weight": 2})
    assert record["words"] == ["naïve", "🙂"]
    np.testing.assert_array_equal(numbers["weight"], np.arange(6.0).reshape(2, 3).T)


def test_missing_and_damaged_files(folder):
    with pytest.raises(Unavailable, match="describes a baseline of kind 'toy', expected 'other'"):
        read(folder, "other", {})
    with pytest.raises(Unavailable, match="is damaged: bias, weight is missing or has the wrong shape"):
        read(folder, "toy", {"bias": 1, "weight": 1})
    (folder / NUMBERS).write_bytes((folder / NUMBERS).read_bytes()[:-4])
    with pytest.raises(Unavailable, match=f"{NUMBERS} is missing or damaged"):
        read(folder, "toy", {})
    (folder / NUMBERS).unlink()
    with pytest.raises(Unavailable, match=f"{NUMBERS} is missing or damaged"):
        read(folder, "toy", {})
    (folder / RECORD).write_text(json.dumps(["a", "list"]))
    with pytest.raises(Unavailable, match="kind 'None', expected 'toy'"):
        read(folder, "toy", {})
    (folder / RECORD).write_text("{")
    with pytest.raises(Unavailable, match="it is not JSON"):
        read(folder, "toy", {})
    (folder / RECORD).unlink()
    with pytest.raises(Unavailable, match="is missing or closed to you"):
        read(folder, "toy", {})
