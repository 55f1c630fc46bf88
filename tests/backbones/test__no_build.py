from __future__ import annotations

from pathlib import Path

import pytest

from headstart.backbones import _no_build


def test_the_metadata_is_what_the_archive_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = "Metadata-Version: 1.0\nName: some-package\nVersion: 2.1\n"
    Path("PKG-INFO").write_text(told, encoding="utf-8")
    name = _no_build.prepare_metadata_for_build_wheel(str(tmp_path))
    assert name == "some_package-2.1.dist-info"
    assert (tmp_path / name / "METADATA").read_text(encoding="utf-8") == told


def test_archives_without_a_pyproject_find_it_too() -> None:
    assert _no_build.__legacy__ is _no_build
