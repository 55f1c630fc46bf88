from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from headstart.backbones._arrays import pickled_arrays
from headstart.core.errors import Unavailable


class Harmful:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", [3, 4])
def test_arrays_are_read(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "weights.pkl"
    given = {"conv1": [np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros(2, dtype=np.float32)]}
    path.write_bytes(pickle.dumps(given, protocol=protocol))
    found = pickled_arrays(path)
    assert list(found) == ["conv1"]
    assert all(np.array_equal(one, other) for one, other in zip(found["conv1"], given["conv1"], strict=True))


def test_names_of_numpys_first_release_are_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.pkl"
    now = pickle.dumps(np.ones(3), protocol=3)
    assert b"numpy._core.multiarray" in now
    path.write_bytes(now.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert pickled_arrays(path).tolist() == [1, 1, 1]


def test_nothing_else_is_called(tmp_path: Path) -> None:
    path = tmp_path / "weights.pkl"
    path.write_bytes(pickle.dumps({"conv1": Harmful(tmp_path / "harm")}))
    with pytest.raises(Unavailable, match=r"weights\.pkl holds no arrays that can be read safely \(it calls posix\.mk"):
        pickled_arrays(path)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(np.ones(3))[:-20]])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.pkl"
    path.write_bytes(content)
    with pytest.raises(Unavailable, match=r"weights\.pkl holds no arrays that can be read safely"):
        pickled_arrays(path)
