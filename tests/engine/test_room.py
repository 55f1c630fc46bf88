from __future__ import annotations

import os
import shutil
import time
from collections import namedtuple
from pathlib import Path

import pytest

from headstart.core.progress import Silent
from headstart.engine.journal import Journal
from headstart.engine.room import ABANDONED, MEMORY, READ, Need, Room, room_of

GB = 10**9
Usage = namedtuple("Usage", "total used free")


def need(gigabytes: float, seconds: float = 1e9):
    return lambda: Need(bytes=round(gigabytes * GB), seconds=seconds)


@pytest.fixture
def ten_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(total=100 * GB, used=90 * GB, free=10 * GB))


def never() -> Need:
    raise AssertionError("what is noted is not measured again")


@pytest.mark.usefixtures("ten_free")
def test_what_fits_into_half_of_the_free_disk_goes_there_and_the_rest_nowhere(tmp_path: Path):
    room = Room(tmp_path)
    assert room.place("a", "m", need(5.0)).kind == "disk"
    place = Room(tmp_path).place("b", "packaged:m", need(5.1))
    assert place.kind == "nowhere"
    assert place.reason == (
        "Outputs of the frozen blocks of packaged:m would take 5.1 GB on disk, where 10.0 GB are free and half of that "
        "is left alone; they are computed again in every epoch, which is slower."
    )


@pytest.mark.usefixtures("ten_free")
def test_what_was_promised_to_one_is_not_promised_to_another(tmp_path: Path):
    room = Room(tmp_path)
    first = [room.place(name, "m", need(3.0)) for name in "ab"]
    assert [place.kind for place in first] == ["disk", "disk"]  # nothing is promised to those that only ask
    room.grant("a", first[0])
    assert room.place("b", "m", need(3.0)).kind == "nowhere"
    room.remove("a")
    assert room.place("c", "m", need(3.0)).kind == "disk"


@pytest.mark.usefixtures("ten_free")
def test_what_is_already_written_counts_as_free(tmp_path: Path):
    room = Room(tmp_path)
    room.folder("old").mkdir()
    with (room.folder("old") / "shard").open("wb") as file:
        file.truncate(2 * GB)  # sparse: takes no room here
    assert room.place("old", "m", need(6.0)).kind == "disk"


def test_little_stays_in_memory_unless_a_journal_makes_it_last(tmp_path: Path):
    little = MEMORY / GB
    assert Room().place("a", "m", need(little)).kind == "memory"
    assert Room(tmp_path).place("a", "m", need(little)).kind == "memory"
    lasting = Room(tmp_path / "x", Journal(tmp_path / "j", {}))
    assert lasting.place("a", "m", need(little)).kind == "disk"


def test_memory_is_that_of_the_whole_run(tmp_path: Path):
    room = Room(tmp_path)
    first, second = (room.place(name, "m", need(0.6 * MEMORY / GB)) for name in "ab")
    assert (first.kind, second.kind) == ("memory", "memory")
    room.grant("a", first)
    assert room.place("b", "m", need(0.6 * MEMORY / GB)).kind == "disk"
    assert room.place("c", "m", need(0.3 * MEMORY / GB)).kind == "memory"
    room.remove("a")
    assert room.place("b", "m", need(0.6 * MEMORY / GB)).kind == "memory"


def test_without_a_folder_much_goes_nowhere():
    place = Room().place("a", "m", need(3.0))
    assert place.kind == "nowhere"
    assert place.reason.startswith(
        "Outputs of the frozen blocks of m would take 3.0 GB of memory, 0.3 GB are left for them;"
    )
    with pytest.raises(ValueError, match="without a folder no activations lie on the disk"):
        Room().folder("a")


def test_what_is_computed_faster_than_read_is_not_stored(tmp_path: Path):
    assert Room(tmp_path).place("a", "m", need(2.0, 2.01 * GB / READ)).kind == "disk"
    place = Room(tmp_path).place("b", "m", need(2.0, 1.99 * GB / READ))
    assert place.reason.startswith("Reading 2.0 GB of outputs of the frozen blocks of m would take longer than comp")
    assert place.kind == "nowhere"


def test_a_little_that_the_disk_cannot_take_stays_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(total=1, used=1, free=0))
    room = Room(tmp_path / "x", Journal(tmp_path / "j", {}))
    assert room.place("a", "m", need(0.1)).kind == "memory"
    assert Room(tmp_path / "x", Journal(tmp_path / "k", {})).place("a", "m", need(0.1, 1e-9)).kind == "memory"


@pytest.mark.usefixtures("ten_free")
def test_a_resumed_run_does_not_decide_again(tmp_path: Path):
    journal = Journal(tmp_path / "j", {})
    first = [Room(tmp_path / "x", journal).place(name, "m", need(size)) for name, size in (("a", 4.0), ("b", 9.0))]
    room = Room(tmp_path / "x", journal)
    assert [room.place(name, "m", never) for name in "ab"] == first
    assert [place.kind for place in first] == ["disk", "nowhere"]
    room.grant("a", first[0])
    assert room.place("c", "m", need(1.1)).kind == "nowhere"  # what was promised to the first is still promised


def test_beside_a_journal_it_lasts_and_without_one_it_is_removed_whatever_happens(tmp_path: Path):
    home = tmp_path / "home"
    with room_of(Journal(tmp_path / "j", {}), Silent(), home) as room:
        assert room.lasting
        assert room.folder("a").is_relative_to(tmp_path / "j")
    context = room_of(Journal(None, {}), Silent(), home)
    room = context.__enter__()
    room.folder("a").mkdir(parents=True)
    assert room.folder("a").is_relative_to(home)
    assert not room.lasting
    assert not context.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not list((home / "activations").iterdir())


def test_what_killed_runs_left_below_home_goes_after_a_day_and_what_others_write_stays(tmp_path: Path):
    shards = [tmp_path / "activations" / run / "x" / "1.safetensors" for run in ("killed", "running")]
    for shard in shards:
        shard.parent.mkdir(parents=True)
        shard.write_bytes(b"")
        for path in (shard.parent, shard.parent.parent):
            os.utime(path, (0, 0))
    os.utime(shards[0], (time.time() - ABANDONED - 60,) * 2)
    with room_of(Journal(None, {}), Silent(), tmp_path):
        assert [path.name for path in (tmp_path / "activations").iterdir()] == ["running"]
