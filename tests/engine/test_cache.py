from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from headstart.core.errors import Unavailable
from headstart.core.progress import Silent
from headstart.engine import cache
from headstart.engine.cache import FeatureSpace


class Listener(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_features_come_back_by_content_in_any_order(tmp_path: Path):
    features = np.arange(6, dtype=np.float32).reshape(3, 2)
    names = [digest(name) for name in "abc"]
    FeatureSpace(tmp_path, Silent(), weights="w").add(names, features)
    again = FeatureSpace(tmp_path, Silent(), weights="w")
    assert again.missing([*names, digest("d"), digest("d")]) == [3]
    assert np.array_equal(again.take(names[::-1]), features[::-1])


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
    assert read == ["keys"] * 3 + ["features"] * 2


def test_a_shard_that_goes_away_is_named(tmp_path: Path):
    space = FeatureSpace(tmp_path, Silent(), weights="w")
    space.add([digest("a")], np.ones((1, 2), dtype=np.float32))
    next(tmp_path.rglob("*.safetensors")).unlink()
    with pytest.raises(Unavailable, match=r"were removed or damaged while they were needed\. Run the same command"):
        space.take([digest("a")])
