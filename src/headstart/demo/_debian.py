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
    folder.mkdir(parents=True, exist_ok=True)
    reasons = []
    with progress.stage(f"Fetching {deb.package}"):
        for way in (_by_apt, _by_https):
            kept.unlink(missing_ok=True)
            reason = way(deb, kept) or _other(deb, kept)
            if not reason:
                return kept
            reasons.append(reason)
    kept.unlink(missing_ok=True)
    raise Unavailable(f"{deb.file} could not be fetched: {'; '.join(reasons)}. Try again with a network.")


def _other(deb: Deb, kept: Path) -> str:
    """Why what was fetched is not the pinned package, or nothing."""
    found = _sha256(kept)
    return "" if found == deb.sha256 else f"what arrived has SHA-256 {found[:12]}..., expected {deb.sha256[:12]}..."


def _by_apt(deb: Deb, target: Path) -> str:
    """Why not, or nothing."""
    apt = shutil.which("apt-get")
    if apt is None:
        return "there is no apt-get"
    command = [apt, "download", f"{deb.package}={deb.version}"]
    done = subprocess.run(command, cwd=target.parent, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 and target.is_file() else (done.stderr.strip() or "apt-get gave no file")


def _by_https(deb: Deb, target: Path) -> str:
    """Why not, or nothing."""
    address = f"{POOL}/{deb.source[0]}/{deb.source}/{deb.file}"
    part = target.with_suffix(".part")
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer, part.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except (urllib.error.URLError, OSError) as error:
        part.unlink(missing_ok=True)
        return f"{address}: {error}"
    part.replace(target)
    return ""


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
