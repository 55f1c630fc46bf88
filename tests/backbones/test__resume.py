from __future__ import annotations

from pathlib import Path

from headstart.backbones._resume import resumed


def test_what_is_whole_is_not_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"whole")
    assert resumed("http://127.0.0.1:9/nowhere", tmp_path, "file", 5).read_bytes() == b"whole"


def test_a_part_that_has_everything_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"whole")
    assert resumed("http://127.0.0.1:9/nowhere", tmp_path, "file", 5) == tmp_path / "file"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
