"""The scan that all modalities share: what it remembers, what it says, where it stops to remember."""

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from headstart.core.errors import UnreadableItem
from headstart.core.progress import Silent
from headstart.data import _scan
from headstart.data._arrow import image_items, text_items
from headstart.data._finding import Finding
from headstart.data._scan import Look, scan_files, scan_texts
from tests.listening import Listener


class Inspector:
    """Counts what it is shown; a file that says "bad" is a problem."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def __call__(self, name: str, raw: bytes, digest: str) -> Finding:
        assert digest == hashlib.sha256(raw).hexdigest()
        self.shown.append(name)
        if raw == b"bad":
            raise UnreadableItem(name, "it is bad")
        return Finding(digest=digest, look=b"four")


def look(inspect: Inspector, **changes: object) -> Look:
    return replace(
        Look(title="Looking", inspect=inspect, nothing="an empty row", lookable=(0, 4), decoder="1.0"), **changes
    )


def written(folder: Path, *contents: bytes, suffix: str = ".x") -> list[str]:
    paths = []
    for number, content in enumerate(contents):
        path = folder / f"{number}{suffix}"
        path.write_bytes(content)
        os.utime(path, (time.time() - 60,) * 2)
        paths.append(str(path))
    return paths


def items(paths: list[str]):
    return image_items([(path, None) for path in paths])


def test_texts():
    found = scan_texts(text_items(["hello", " ", None]))
    assert [finding.problem for finding in found] == [None, "it holds no text", "it holds no text"]
    assert found[0].digest == hashlib.sha256(b"hello").hexdigest()


def test_what_cannot_be_inspected_is_said(tmp_path: Path):
    rows = [(None, None), (str(tmp_path / "none"), None), (None, b"bad"), (None, b"good")]
    inspect = Inspector()
    found = scan_files(image_items(rows), look(inspect), Silent())
    assert [finding.problem for finding in found] == ["an empty row", "there is no such file", "it is bad", None]
    assert [bool(finding.digest) for finding in found] == [False, False, True, True]
    assert inspect.shown == ["", ""]


def test_a_second_scan_inspects_what_has_changed(tmp_path: Path):
    paths, inspect = written(tmp_path, b"one", b"two", b"bad"), Inspector()
    first = scan_files(items(paths), look(inspect), Silent())
    assert [finding.problem for finding in first] == [None, None, "it is bad"]
    assert scan_files(items(paths), look(inspect), Silent()) == first
    assert sorted(inspect.shown) == paths
    Path(paths[1]).write_bytes(b"2")
    assert scan_files(items(paths), look(inspect), Silent())[1].digest == hashlib.sha256(b"2").hexdigest()
    assert inspect.shown[3:] == [paths[1]]


@pytest.mark.parametrize("changes", [{"decoder": "1.1"}, {"lookable": (0, 5)}], ids=["decoder", "look"])
def test_findings_of_another_decoder_or_look_are_made_again(tmp_path: Path, changes: dict[str, object]):
    paths, inspect = written(tmp_path, b"one"), Inspector()
    for how in (look(inspect), look(inspect, **changes)):
        scan_files(items(paths), how, Silent())
    assert inspect.shown == paths * 2


def test_the_ending_belongs_to_what_is_remembered(tmp_path: Path):
    inspect = Inspector()
    for suffix in (".x", ".y"):
        scan_files(items(written(tmp_path, b"one", suffix=suffix)), look(inspect), Silent())
    assert len(inspect.shown) == 2


def test_what_is_settled_at_the_end_is_remembered(tmp_path: Path):
    paths, inspect, settled = written(tmp_path, b"one", b"two"), Inspector(), []

    def settle(found: list[Finding], pool: object) -> list[int]:
        rows = [row for row, finding in enumerate(found) if not finding.pixels]
        settled.extend(rows)
        for row in rows:
            found[row] = replace(found[row], pixels=f"of {row}")
        return rows

    for _ in range(2):
        found = scan_files(items(paths), look(inspect, settle=settle), Silent())
        assert [finding.pixels for finding in found] == ["of 0", "of 1"]
    assert settled == [0, 1]


def test_progress_is_told_of_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_scan, "CHUNK", 2)
    listener = Listener()
    scan_files(items(written(tmp_path, b"1", b"2", b"3")), look(Inspector()), listener)
    assert (listener.total, listener.done) == (3, 3)


def test_trouble_with_the_memory_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "scans").touch()
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path))
    listener = Listener()
    assert scan_files(items(written(tmp_path, b"one")), look(Inspector()), listener)[0].problem is None
    assert "Earlier scans could not be used" in listener.said[0]
