from __future__ import annotations

import json
import os
import shutil
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from headstart.core.errors import Unavailable, UserError
from headstart.engine.journal import ABANDONED, Journal, remove_abandoned, write_atomically


def test_a_piece_is_computed_once_and_read_back_bit_for_bit(tmp_path: Path):
    value = np.random.default_rng(0).normal(size=(3, 5))
    first = Journal(tmp_path / "c", {"seed": 1}).recall("a piece", lambda: {"x": value})
    again = Journal(tmp_path / "c", {"seed": 1}).recall("a piece", lambda: pytest.fail("computed twice"))
    assert np.array_equal(first["x"], value)
    assert np.array_equal(again["x"], value)


def test_a_damaged_piece_is_computed_again(tmp_path: Path):
    journal = Journal(tmp_path / "c", {})
    journal.recall("a piece", lambda: {"x": np.zeros(3)})
    journal.path("a piece").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{not so")
    assert np.array_equal(journal.recall("a piece", lambda: {"x": np.ones(3)})["x"], np.ones(3))
    assert np.array_equal(journal.recall("a piece", lambda: pytest.fail("computed again"))["x"], np.ones(3))


def test_whoever_asked_is_told_of_pieces_that_are_written(tmp_path: Path):
    journal, told = Journal(tmp_path / "c", {}), []
    journal.on_written.append(lambda: told.append(journal.pieces))
    for name in ("a", "b", "a"):
        journal.recall(name, lambda: {"x": np.zeros(1)})
    assert told == [1, 2]


def test_names_that_look_alike_are_different_pieces(tmp_path: Path):
    journal = Journal(tmp_path / "c", {})
    journal.recall("a/b", lambda: {"x": np.zeros(1)})
    assert journal.recall("a-b", lambda: {"x": np.ones(1)})["x"][0] == 1


def test_another_run_in_the_folder_is_refused(tmp_path: Path):
    Journal(tmp_path / "c", {"seed": 1}).recall("a piece", lambda: {"x": np.ones(1)})
    with pytest.raises(UserError, match=r"holds an unfinished run that differs in seed\. Choose another output folder"):
        Journal(tmp_path / "c", {"seed": 2})
    with pytest.raises(UserError, match="differs in data and seed"):
        Journal(tmp_path / "c", {"seed": 2, "data": "x"})


def test_a_run_that_finished_nothing_is_taken_over_without_its_decisions(tmp_path: Path):
    Journal(tmp_path / "c", {"seed": 1}).note("a choice", lambda: {"taken": 1})
    other = Journal(tmp_path / "c", {"seed": 2})
    assert other.note("a choice", lambda: {"taken": 2}) == {"taken": 2}
    assert json.loads((tmp_path / "c" / "run.json").read_text()) == {"seed": 2}


def test_without_a_folder_nothing_is_kept():
    journal = Journal(None, {})
    calls = []
    for _ in range(2):
        journal.recall("x", lambda: calls.append(1) or {"x": np.zeros(1)})
    assert len(calls) == 2
    with pytest.raises(ValueError, match="keeps no files"):
        journal.path("x")


def test_a_decision_is_taken_once(tmp_path: Path):
    assert Journal(tmp_path / "c", {}).note("models", lambda: {"pool": ["a"]}) == {"pool": ["a"]}
    assert Journal(tmp_path / "c", {}).note("models", lambda: pytest.fail("taken twice")) == {"pool": ["a"]}
    assert Journal(None, {}).note("models", lambda: {"pool": ["b"]}) == {"pool": ["b"]}


def test_a_decision_that_did_not_hold_is_replaced_or_on_a_full_disk_taken_anew(tmp_path: Path, monkeypatch):
    kept = Journal(tmp_path / "c", {})
    kept.note("models", lambda: {"pool": ["a"]})
    kept.amend("models", {"pool": ["b"]})
    assert Journal(tmp_path / "c", {}).note("models", lambda: pytest.fail("taken twice")) == {"pool": ["b"]}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        kept.amend("models", {"pool": ["c"]})
    assert kept.note("models", lambda: {"pool": ["d"]}) == {"pool": ["d"]}
    Journal(None, {}).amend("models", {"pool": ["b"]})


def test_room_is_looked_for_before_the_work(tmp_path: Path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 0, 5_000_000))
    Journal(None, {}).require(10**12)
    Journal(tmp_path / "c", {}).require(4_000_000)
    expected = r"has 5 MB left, checkpoints of these models need up to 2,000 MB\. Free some space, choose another --out"
    with pytest.raises(Unavailable, match=expected):
        Journal(tmp_path / "c", {}).require(2 * 10**9)


def test_a_failed_computation_leaves_nothing_behind(tmp_path: Path):
    journal = Journal(tmp_path / "c", {})
    with pytest.raises(ZeroDivisionError):
        journal.recall("x", lambda: {"x": np.array(1 / 0)})
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["run.json"]


def test_a_partial_write_is_never_read(tmp_path: Path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    (tmp_path / "file.123.part").write_bytes(b"ne")
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_cannot_be_written_to_its_end_leaves_the_old_file_alone(tmp_path: Path, monkeypatch, error):
    def failing(*_: object) -> None:
        assert len(list(tmp_path.iterdir())) == 2
        raise error

    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(type(error)):
        write_atomically(path, b"new")
    assert [(found, found.read_bytes()) for found in tmp_path.iterdir()] == [(path, b"old")]


def test_what_a_killed_process_left_half_written_goes_and_what_is_being_written_stays(tmp_path: Path):
    old, new, whole = (tmp_path / name for name in ("a.17.part", "b.18.part", "c"))
    for path in (old, new, whole):
        path.write_bytes(b"ha")
    for path in (old, whole):
        os.utime(path, (time.time() - ABANDONED - 60,) * 2)
    remove_abandoned(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, whole]


def test_what_is_forgotten_is_gone_and_may_have_been_gone_before(tmp_path: Path):
    journal = Journal(tmp_path / "c", {})
    journal.recall("x", lambda: {"x": np.zeros(1)})
    journal.forget("x")
    journal.forget("x")
    assert not journal.path("x").exists()
    Journal(None, {}).forget("x")


def test_what_lies_beside_a_piece_is_forgotten_with_it(tmp_path: Path):
    journal = Journal(tmp_path / "c", {})
    journal.recall("x", lambda: {"x": np.zeros(1)})
    journal.recall("x y", lambda: {"x": np.zeros(1)})
    path = journal.path("x")
    for number in range(2):
        path.with_name(f"{path.name} {number}").touch()
    journal.forget("x")
    assert [file for file in path.parent.iterdir() if file.name.startswith(path.name)] == []
    assert journal.path("x y").exists()


def test_finished_pieces_are_counted(tmp_path: Path):
    journal = Journal(tmp_path, {})
    assert journal.pieces == Journal(None, {}).pieces == 0
    for name in ("trial a", "trial b"):
        journal.recall(name, lambda: {"x": np.zeros(1)})
    journal.note("plan", dict)
    journal.path("checkpoint trial c").touch()
    assert journal.pieces == 2
