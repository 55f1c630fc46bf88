import os
from pathlib import Path

import pytest

from headstart.core.errors import UserError
from headstart.data._tree import Walk, display, entries, files_below, has_plain_name


def test_hidden_and_system_files_are_counted_and_left_out(tmp_path: Path):
    for name in ("a.png", ".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).touch()
    for name in ("sub", ".git", "__MACOSX"):
        (tmp_path / name).mkdir()
    walk = Walk()
    assert entries(tmp_path, walk) == (["sub"], ["a.png"])
    assert walk.hidden == 5


def test_files_come_sorted_from_every_depth(tmp_path: Path):
    for name in ("b/2.png", "b/deep/er/1.png", "b/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = files_below(tmp_path / "b", tmp_path, Walk())
    assert [display(path, tmp_path) for path in found] == ["b/1.png", "b/2.png", "b/deep/er/1.png"]


def test_links_in_circles_end(tmp_path: Path):
    (tmp_path / "a/deep").mkdir(parents=True)
    (tmp_path / "a/1.png").touch()
    (tmp_path / "a/deep/up").symlink_to(tmp_path / "a")
    (tmp_path / "a/deep/top").symlink_to(tmp_path)
    (tmp_path / "a/self.png").symlink_to(tmp_path / "a/self.png")
    walk = Walk()
    found = files_below(tmp_path / "a", tmp_path, walk)
    assert [path.name for path in found] == ["1.png", "self.png"]
    assert sorted(walk.loops) == ["a/deep/top", "a/deep/up"]


def test_a_folder_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(folder: Path):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UserError, match=f"Permission to read the folder '{tmp_path}' is missing; grant it or leave it"):
        entries(tmp_path, Walk())


def test_names_that_are_no_unicode_can_be_shown(tmp_path: Path):
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    assert display(path, tmp_path) == "caf\ufffd.png"
    assert not has_plain_name(path)
    assert has_plain_name(tmp_path / "caf\u00e9.png")
