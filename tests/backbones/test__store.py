from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections import namedtuple
from pathlib import Path

import pytest
import torch

from headstart.backbones import _store
from headstart.core.errors import Unavailable, UserError
from tests.backbones.tiny import info

NAME = "timm:some/thing.tag"


def add(value: float = 1.0, name: str = NAME) -> None:
    with _store.adding(name, room=1000) as arrival:
        arrival.write_tensors({"weight": torch.full((2,), value)})
        arrival.describe(info(name), architecture="test_vit")


def entries() -> list[str]:
    folder = _store.folder_of(NAME).parent
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_what_is_added_is_found_again(home: Path) -> None:
    assert not _store.is_stored(NAME)
    add()
    assert _store.is_stored(NAME)
    assert _store.is_intact(NAME)
    stored = _store.open_stored(NAME)
    assert stored.folder == home / "models" / "timm" / "some%2Fthing.tag"
    assert stored.record["architecture"] == "test_vit"
    assert stored.tensors()["weight"].tolist() == [1.0, 1.0]
    assert entries() == ["some%2Fthing.tag"]


def test_a_classifier_is_kept_beside_the_weights() -> None:
    add()
    assert _store.open_stored(NAME).classifier() is None
    with _store.adding(NAME, room=10) as arrival:
        arrival.write_tensors({"weight": torch.ones(2)})
        arrival.write_classifier(torch.arange(6.0).view(2, 3), torch.tensor([0.5, -0.5]))
        arrival.describe(info(NAME))
    found = _store.open_stored(NAME).classifier()
    assert found is not None
    assert (found.weight.tolist(), found.bias.tolist()) == ([[0, 1, 2], [3, 4, 5]], [0.5, -0.5])
    assert found.weight.dtype == "float64"
    (_store.folder_of(NAME) / _store.CLASSIFIER).write_bytes(b"damaged")
    with pytest.raises(Unavailable, match=r"classifier\.safetensors has changed since it was stored"):
        _store.open_stored(NAME).classifier()


def test_adding_again_replaces() -> None:
    add(1.0)
    add(2.0)
    assert _store.open_stored(NAME).tensors()["weight"].tolist() == [2.0, 2.0]
    assert len(entries()) == 1


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()])
def test_a_failure_leaves_the_store_as_it_was(error: BaseException) -> None:
    add(1.0)

    def add_and_fail() -> None:
        with _store.adding(NAME, room=1000) as arrival:
            arrival.write_tensors({"weight": torch.zeros(2)})
            raise error

    with pytest.raises(type(error)):
        add_and_fail()
    assert entries() == ["some%2Fthing.tag"]
    assert _store.open_stored(NAME).tensors()["weight"].tolist() == [1.0, 1.0]


def test_too_little_room_is_noticed_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 20_000_000, 20_000_000))
    entered = False
    with (
        pytest.raises(Unavailable, match=r"fetching it needs 534 MB and 20 MB are free in .*HEADSTART_HOME") as caught,
        _store.adding(NAME, room=500_000_000),
    ):
        entered = True
    assert not entered
    assert "\n" not in str(caught.value)
    assert entries() == []


def test_a_disk_that_fills_up_is_reported_the_same_way() -> None:
    add(1.0)
    with pytest.raises(Unavailable, match=r"Not enough room for timm:some/thing\.tag"), _store.adding(NAME, room=1):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert entries() == ["some%2Fthing.tag"]
    assert _store.is_intact(NAME)


def test_a_folder_that_cannot_be_written_is_named() -> None:
    expected = r"cannot be written \(Permission denied\)\. Set HEADSTART_HOME to a folder"
    with pytest.raises(Unavailable, match=expected), _store.adding(NAME, room=1):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_other_errors_are_not_disguised() -> None:
    with pytest.raises(FileNotFoundError), _store.adding(NAME, room=1):
        raise FileNotFoundError(errno.ENOENT, "gone")


def test_a_failed_rename_puts_the_old_model_back(monkeypatch: pytest.MonkeyPatch) -> None:
    add(1.0)
    place, rename = _store.folder_of(NAME), Path.replace

    def fail_once_in_place(self: Path, target: Path) -> Path:
        if Path(target) == place and self.name == "files":
            raise OSError(errno.EIO, "input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", fail_once_in_place)
    with pytest.raises(OSError, match="input/output error"):
        add(2.0)
    monkeypatch.undo()
    monkeypatch.setenv("HEADSTART_HOME", str(place.parents[2]))
    assert _store.open_stored(NAME).tensors()["weight"].tolist() == [1.0, 1.0]


def interrupted(content: bytes) -> None:
    """A model of whose download so much has arrived."""
    with _store.adding(NAME, room=10) as arrival:
        arrival.downloads.mkdir()
        (arrival.downloads / "begun.part").write_bytes(content)
        raise Unavailable("gone")


def test_what_has_arrived_of_a_download_stays_until_the_model_is_there() -> None:
    with pytest.raises(Unavailable, match="gone"):
        interrupted(b"half")
    with _store.adding(NAME, room=10) as arrival:
        assert (arrival.downloads / "begun.part").read_bytes() == b"half"
        arrival.write_tensors({"weight": torch.ones(2)})
        arrival.describe(info(NAME))
    assert entries() == ["some%2Fthing.tag"]


def test_an_empty_download_does_not_stay() -> None:
    with pytest.raises(Unavailable, match="gone"):
        interrupted(b"")
    assert entries() == []


def test_two_processes_may_add_the_same_model_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    place, exists = _store.folder_of(NAME), Path.exists
    other_came_first = iter([False])  # what the first look at the place answers

    def looks(self: Path, **options: bool) -> bool:
        if self == place and next(other_came_first, None) is False:
            found = exists(self)
            monkeypatch.undo()
            monkeypatch.setenv("HEADSTART_HOME", str(place.parents[2]))
            add(1.0)  # the other process finishes between our look and our rename
            return found
        return exists(self, **options)

    monkeypatch.setattr(Path, "exists", looks)
    add(2.0)
    assert _store.open_stored(NAME).tensors()["weight"].tolist() == [1.0, 1.0]
    assert len(entries()) == 1


def test_a_home_that_is_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"HEADSTART_HOME is '.*file', and '.*file' is a file; set it to a folder"):
        add()


def test_leftovers_of_killed_processes_are_removed_after_a_day() -> None:
    parent = _store.folder_of(NAME).parent
    old, new = parent / ".part-old", parent / ".part-new"
    for folder in (old, new):
        (folder / "files").mkdir(parents=True)
    for path in (old / "files", old):
        os.utime(path, (time.time() - 90_000,) * 2)
    add()
    assert not old.exists()
    assert new.exists()


def test_what_is_not_there_says_what_to_run(home: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        _store.open_stored(NAME)
    assert str(caught.value) == (
        f"{NAME} is not in the local store ({home}). Fetch it with: headstart models pull {NAME}"
    )


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": 2}', b'{"schema": 2, "files": {"a": {}}}'])
def test_a_damaged_record_is_named(content: bytes) -> None:
    add()
    (_store.folder_of(NAME) / "model.json").write_bytes(content)
    with pytest.raises(Unavailable, match=r"damaged in the store: .*model\.json cannot be read\. Fetch it again with"):
        _store.open_stored(NAME)
    assert not _store.is_intact(NAME)
    assert _store.listed("timm", []) == ()
    add(3.0)
    assert _store.is_intact(NAME)


def test_a_record_of_another_format_is_named() -> None:
    add()
    path = _store.folder_of(NAME) / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
    with pytest.raises(Unavailable, match=r"model\.json is not of format 2"):
        _store.open_stored(NAME)


def test_what_an_earlier_version_has_stored_is_fetched_again() -> None:
    add()
    path = _store.folder_of(NAME) / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": _store.SCHEMA - 1}))
    assert not _store.is_stored(NAME)
    assert not _store.is_intact(NAME)
    assert _store.listed("timm", []) == ()
    add(3.0)
    assert _store.is_intact(NAME)


def test_what_has_arrived_needs_no_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="gone"):
        interrupted(b"x" * 600)
    free = _store.SPARE + 500
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(free))
    with _store.adding(NAME, room=1000) as arrival:
        arrival.describe(info(NAME))


def test_one_flipped_bit_is_noticed_even_after_the_file_was_read_once() -> None:
    add()
    stored = _store.open_stored(NAME)
    stored.tensors()
    path = stored.folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))
    with pytest.raises(Unavailable, match=r"model\.safetensors has changed since it was stored \(its SHA-256"):
        stored.tensors()


def test_a_missing_file_is_named() -> None:
    add()
    stored = _store.open_stored(NAME)
    (stored.folder / "model.safetensors").unlink()
    with pytest.raises(Unavailable, match=r"model\.safetensors cannot be read"):
        stored.tensors()


def test_an_unchanged_file_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    hashed: list[Path] = []
    real = _store.sha256_of
    monkeypatch.setattr(_store, "sha256_of", lambda path: hashed.append(path) or real(path))
    for _ in range(3):
        _store.open_stored(NAME).tensors()
    assert len(hashed) == 1


def test_the_list_takes_facts_from_the_store() -> None:
    known = info(NAME, revision="main")
    other = info("timm:other", revision="main")
    add()
    add(name="timm:third")
    listed = {found.name: found.revision for found in _store.listed("timm", [known, other])}
    assert listed == {NAME: "1", "timm:other": "main", "timm:third": "1"}
