import os
from pathlib import Path

import pytest

from headstart.core.errors import UnreadableItem
from headstart.data._file import describe_beginning, read_bytes


def test_reads_all_bytes(tmp_path: Path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"\x00\x01")
    assert read_bytes(path) == read_bytes(str(path)) == b"\x00\x01"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.touch(), "it is empty (0 bytes)"),
        (lambda path: path.symlink_to(path), "its symbolic links lead in a circle"),
        (lambda path: os.mkfifo(path), "it is not a regular file"),
        (lambda path: path.mkdir(), "it is not a regular file"),
    ],
)
def test_names_the_reason(tmp_path: Path, make, reason: str):
    path = tmp_path / "item.png"
    make(path)
    with pytest.raises(UnreadableItem) as caught:
        read_bytes(path)
    assert caught.value.reason == reason
    assert str(caught.value) == f"{path} cannot be read: {reason}."


def test_missing_permission_and_other_trouble_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "item.png"
    path.write_bytes(b"x")

    def refuse(number: int):
        def stat(name: str):
            raise OSError(number, os.strerror(number))

        return stat

    monkeypatch.setattr(os, "stat", refuse(13))
    with pytest.raises(UnreadableItem, match="permission to read it is missing"):
        read_bytes(path)
    monkeypatch.setattr(os, "stat", refuse(5))
    with pytest.raises(UnreadableItem, match="input/output error"):
        read_bytes(path)


def test_a_null_character_in_the_name_is_said():
    with pytest.raises(UnreadableItem, match="its name holds a null character"):
        read_bytes("a\0b.png")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"  <html lang=en>", "web page"),
        (b"hello world", "it is text (it begins with 'hello world')"),
    ],
)
def test_describes_what_stands_in_its_place(raw: bytes, said: str):
    described = describe_beginning(raw)
    assert described is not None
    assert said in described


def test_says_nothing_of_unknown_bytes():
    assert describe_beginning(b"\x89\x00\xff\x10") is None
