import os
import time
from pathlib import Path

import pytest

from headstart.data import _scan_cache
from headstart.data._scan_cache import ScanCache, stamp


def settled(path: Path, seconds: float = 60) -> Path:
    """The file as if it had been written a while ago."""
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def test_a_stamp_changes_with_place_size_and_time(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"x")
    assert stamp(str(path)) is None  # just written: it may change again unseen
    first = stamp(str(settled(path)))
    assert first == stamp(str(path))
    path.write_bytes(b"xy")
    assert stamp(str(settled(path))) != first
    path.write_bytes(b"x")
    assert stamp(str(settled(path, 90))) != first
    assert stamp(str(tmp_path / "none")) is None
    assert stamp("a\0b") is None


def test_what_is_remembered_comes_back(own_home: Path):
    with ScanCache() as cache:
        cache.remember([("s", "d")], [("k", "[1]", b"look")])
    with ScanCache() as cache:
        assert cache.digests(["s", "t"]) == {"s": "d"}
        assert cache.contents(["k", "l"]) == {"k": ("[1]", b"look")}
        assert cache.trouble is None
    assert own_home in cache.path.parents


def test_many_keys_are_looked_up_in_parts():
    with ScanCache() as cache:
        cache.remember([(f"s{number}", "d") for number in range(1203)], [])
        assert len(cache.digests([f"s{number}" for number in range(1300)])) == 1203


def test_the_oldest_files_go_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_scan_cache, "MOST", 3)
    with ScanCache() as cache:
        for number in range(5):
            cache.remember([(f"s{number}", "d")], [(f"k{number}", "[]", b"")])
        assert sorted(cache.digests([f"s{number}" for number in range(5)])) == ["s2", "s3", "s4"]
        assert sorted(cache.contents([f"k{number}" for number in range(5)])) == ["k2", "k3", "k4"]


def test_what_earlier_versions_remembered_is_removed(own_home: Path):
    scans = own_home / "scans"
    scans.mkdir(parents=True)
    for name in ("v1.sqlite", "v1.sqlite-journal", f"v{_scan_cache.VERSION + 1}.sqlite", "vain.sqlite", "notes.txt"):
        (scans / name).touch()
    (scans / "v2.sqlite").mkdir()  # it cannot be removed, and does no harm
    with ScanCache() as cache:
        assert cache.trouble is None
    left = {
        "v2.sqlite",
        f"v{_scan_cache.VERSION}.sqlite",
        f"v{_scan_cache.VERSION + 1}.sqlite",
        "vain.sqlite",
        "notes.txt",
    }
    assert {path.name for path in scans.iterdir()} == left


def test_a_damaged_file_costs_only_time(tmp_path: Path):
    path = tmp_path / "cache.sqlite"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 10)
    with ScanCache(path) as cache:
        assert cache.digests(["s"]) == {}
        assert cache.contents(["k"]) == {}
        cache.remember([("s", "d")], [])
        assert cache.trouble is not None
        assert f"delete {path}" in cache.trouble


def test_damage_met_later_is_survived(tmp_path: Path):
    for use in (lambda cache: cache.digests(["s"]), lambda cache: cache.remember([("s", "d")], [])):
        with ScanCache(tmp_path / "cache.sqlite") as cache:
            assert cache._database is not None
            cache._database.execute("DROP TABLE files")
            use(cache)
            assert cache.trouble is not None
            assert "no such table" in cache.trouble


def test_a_place_that_cannot_be_written_is_survived(tmp_path: Path):
    (tmp_path / "file").touch()
    with ScanCache(tmp_path / "file" / "below" / "cache.sqlite") as cache:
        assert cache.trouble is not None
