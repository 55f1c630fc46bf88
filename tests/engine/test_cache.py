from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from headstart.core.errors import Unavailable
from headstart.core.progress import Silent
from headstart.engine import cache
from headstart.engine.cache import FeatureSpace
from headstart.engine.matrix import FeatureFile
from tests.listening import Listener


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_features_come_back_by_content_in_any_order(tmp_path: Path):
    features = np.arange(6, dtype=np.float32).reshape(3, 2)
    names = [digest(name) for name in "abc"]
    FeatureSpace(tmp_path, Silent(), weights="w").add(names, features)
    again = FeatureSpace(tmp_path, Silent(), weights="w")
    assert again.missing([*names, digest("d"), digest("d")]) == [3]
    assert np.array_equal(again.take(names[::-1]), features[::-1])


def test_many_digests_are_looked_up_in_parts(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(cache, "LOOKED_UP", 4)
    features = np.arange(20, dtype=np.float32).reshape(10, 2)
    names = [digest(f"{number}") for number in range(10)]
    space = FeatureSpace(tmp_path, Silent(), weights="w")
    space.add(names[:7], features[:7])
    space.add(names[7:], features[7:])
    wanted = np.random.default_rng(0).integers(10, size=23)
    assert np.array_equal(space.take([names[number] for number in wanted]), features[wanted])
    with pytest.raises(KeyError, match="1 of 1 items have no features here"):
        space.take([names[0]] * 4 + [digest("other")])


def test_other_weights_are_another_space(tmp_path: Path):
    FeatureSpace(tmp_path, Silent(), weights="w").add([digest("a")], np.ones((1, 2), dtype=np.float32))
    assert FeatureSpace(tmp_path, Silent(), weights="v").missing([digest("a")]) == [0]


def test_a_damaged_shard_is_named_and_computed_again(tmp_path: Path):
    space = FeatureSpace(tmp_path, Silent(), weights="w")
    space.add([digest("a")], np.ones((1, 2), dtype=np.float32))
    shard = next(tmp_path.rglob("*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:20])
    listener = Listener()
    assert FeatureSpace(tmp_path, listener, weights="w").missing([digest("a")]) == [0]
    assert shard.name in listener.said[0]
    assert not shard.exists()


def test_a_shard_without_digests_is_damaged(tmp_path: Path):
    shard = FeatureSpace(tmp_path, Silent(), weights="w").folder / "x.safetensors"
    shard.write_bytes(save({"others": np.zeros(1)}))
    listener = Listener()
    FeatureSpace(tmp_path, listener, weights="w")
    assert "are damaged; they are removed and computed again." in listener.said[0]
    assert not shard.exists()


def test_a_shard_that_cannot_be_read_just_now_is_named_left_and_computed_again(tmp_path: Path, monkeypatch):
    FeatureSpace(tmp_path, Silent(), weights="w").add([digest("a")], np.ones((1, 2), dtype=np.float32))
    shard = next(tmp_path.rglob("*.safetensors"))

    def busy(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    listener = Listener()
    with monkeypatch.context() as patch:
        patch.setattr(cache, "safe_open", busy)
        space = FeatureSpace(tmp_path, listener, weights="w")
    assert space.missing([digest("a")]) == [0]
    assert listener.said == [
        f"The cached features in '{shard}' cannot be read ([Errno 24] Too many open files); they are computed again."
    ]
    assert FeatureSpace(tmp_path, Silent(), weights="w").missing([digest("a")]) == []


def test_half_written_shards_of_killed_processes_go_when_a_space_is_opened(tmp_path: Path):
    folder = FeatureSpace(tmp_path, Silent(), weights="w").folder
    (folder / "x.safetensors.17.part").write_bytes(b"ha")
    os.utime(folder / "x.safetensors.17.part", (0, 0))
    FeatureSpace(tmp_path, Silent(), weights="w")
    assert [path.name for path in folder.iterdir()] == ["space.json"]


def test_without_a_home_features_stay_in_memory(tmp_path: Path):
    space = FeatureSpace(None, Silent())
    space.add([digest("a")], np.ones((1, 2), dtype=np.float32))
    assert space.missing([digest("a")]) == []
    assert not list(tmp_path.iterdir())


def test_only_the_shards_that_are_needed_are_read(tmp_path: Path, monkeypatch):
    space = FeatureSpace(tmp_path, Silent(), weights="w")
    for number, name in enumerate("abc"):
        space.add([digest(name)], np.full((1, 2), number, dtype=np.float32))
    read = []
    whole = cache._tensor
    monkeypatch.setattr(cache, "_tensor", lambda shard, name: read.append(name) or whole(shard, name))
    again = FeatureSpace(tmp_path, Silent(), weights="w")
    assert again.take([digest("c"), digest("a"), digest("c")])[:, 0].tolist() == [2, 0, 2]
    assert [name for name in read if name == "features"] == ["features"] * 2


def test_a_shard_that_goes_away_is_named(tmp_path: Path):
    space = FeatureSpace(tmp_path, Silent(), weights="w")
    space.add([digest("a")], np.ones((1, 2), dtype=np.float32))
    next(tmp_path.rglob("*.safetensors")).unlink()
    for asked in (space.take, space.missing):
        with pytest.raises(Unavailable, match=r"removed or damaged while they were needed\. Run the same command"):
            asked([digest("a")])


def test_features_that_are_not_here_are_not_taken_from_another_item(tmp_path: Path):
    for space in (FeatureSpace(tmp_path, Silent(), weights="w"), FeatureSpace(None, Silent())):
        with pytest.raises(KeyError, match="1 of 1 items have no features here"):
            space.take([digest("b")])
        space.add([digest("a")], np.ones((1, 2), dtype=np.float32))
        with pytest.raises(KeyError, match=r"2 of 3 items have no features here; encode what missing\(\) names first"):
            space.take([digest("b"), digest("a"), digest("b")])


def test_of_equal_items_the_first_is_missing_and_all_are_served(tmp_path: Path):
    space = FeatureSpace(tmp_path, Silent(), weights="w")
    wanted = [digest(name) for name in "cabacb"]
    assert space.missing(wanted) == [0, 1, 2]
    space.add([wanted[1], wanted[0]], np.array([[1.0], [3.0]], dtype=np.float32))
    assert space.missing(wanted) == [2]
    space.add([wanted[2]], np.array([[2.0]], dtype=np.float32))
    assert space.take(wanted)[:, 0].tolist() == [3, 1, 2, 1, 3, 2]


def test_digests_are_looked_for_a_part_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "LOOKED_UP", 4)
    space = FeatureSpace(tmp_path, Silent(), weights="w")
    wanted = [digest(name) for name in "cabacbdae"]
    space.add([digest("b"), digest("d")], np.array([[2.0], [4.0]], dtype=np.float32))
    assert space.missing(wanted) == [0, 1, 8]
    space.add([digest(name) for name in "ace"], np.array([[1.0], [3.0], [5.0]], dtype=np.float32))
    assert space.missing(wanted) == []
    assert space.take(wanted)[:, 0].tolist() == [3, 1, 2, 1, 3, 2, 4, 1, 5]
    assert space.missing([]) == []


def test_what_is_too_large_for_memory_is_read_from_a_file(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(cache, "HELD_BYTES", 100)
    names = [digest(str(number)) for number in range(60)]
    values = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    space = FeatureSpace(tmp_path, Silent(), weights="w")
    for part in np.array_split(np.random.default_rng(1).permutation(60), 5):
        space.add([names[row] for row in part], values[part])
    taken = space.take(names)
    assert isinstance(taken, FeatureFile)
    assert np.array_equal(np.asarray(taken), values)
