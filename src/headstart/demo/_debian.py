"""Files out of pinned Debian packages: fetched once, checked whole, read as archives, never installed."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from headstart.core.errors import Unavailable
from headstart.core.progress import Progress
from headstart.demo._whole import appearing

POOL = "https://deb.debian.org/debian/pool/main"
TIMEOUT = 60.0
MARK, HEADER = b"!<arch>\n", 60
"""A Debian package is an ``ar`` archive: a mark, then members with a header of sixty bytes each."""


@dataclass(frozen=True, kw_only=True)
class Deb:
    """One package. ``source`` is the source package it lies with in the pool, ``sha256`` that of the whole file."""

    package: str
    version: str
    source: str
    sha256: str

    @property
    def file(self) -> str:
        """What the file is called."""
        return f"{self.package}_{self.version}_all.deb"


def fetched(deb: Deb, folder: Path, progress: Progress) -> Path:
    """The package in ``folder``, through apt where there is one (it knows the mirrors), else from Debian's own server.

    Raises:
        Unavailable: it cannot be fetched, or is not the one that was pinned.
    """
    kept = folder / deb.file
    if kept.is_file() and _sha256(kept) == deb.sha256:
        return kept
    reasons = []
    with progress.stage(f"Fetching {deb.package}"):
        for way in (_by_apt, _by_https):
            try:
                with appearing(kept) as arriving:
                    way(deb, arriving)
                    _check(deb, arriving)
                return kept
            except Unavailable as error:
                reasons.append(str(error))
    raise Unavailable(f"{deb.file} could not be fetched: {'; '.join(reasons)}. Try again with a network.")


def _check(deb: Deb, arrived: Path) -> None:
    found = _sha256(arrived)
    if found != deb.sha256:
        raise Unavailable(f"what arrived has SHA-256 {found[:12]}..., expected {deb.sha256[:12]}...")


def _by_apt(deb: Deb, target: Path) -> None:
    apt = shutil.which("apt-get")
    if apt is None:
        raise Unavailable("there is no apt-get")
    command = [apt, "download", f"{deb.package}={deb.version}"]
    done = subprocess.run(command, cwd=target.parent, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not target.is_file():
        raise Unavailable(done.stderr.strip() or "apt-get gave no file")


def _by_https(deb: Deb, target: Path) -> None:
    address = f"{POOL}/{deb.source[0]}/{deb.source}/{deb.file}"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except (urllib.error.URLError, OSError) as error:
        raise Unavailable(f"{address}: {error}") from error


def members(deb: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of every regular file that the package would install.

    Raises:
        Unavailable: it is no Debian package, or one that this Python cannot decompress.
    """
    raw = deb.read_bytes()
    if not raw.startswith(MARK):
        raise Unavailable(f"{deb} is no Debian package.")
    place = len(MARK)
    while place + HEADER <= len(raw):
        name, size = raw[place : place + 16].decode().rstrip(" /"), int(raw[place + 48 : place + 58])
        start = place + HEADER
        if name.startswith("data.tar"):
            yield from _files(raw[start : start + size], deb)
            return
        place = start + size + size % 2  # members begin at even places
    raise Unavailable(f"{deb} holds no files.")


def _files(raw: bytes, deb: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for entry in archive:
                content = archive.extractfile(entry) if entry.isfile() else None
                if content is not None:
                    yield entry.name.removeprefix("./"), content.read()
    except tarfile.ReadError as error:
        raise Unavailable(f"{deb} is compressed in a way that cannot be read here ({error}).") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
