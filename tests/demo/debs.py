"""Debian packages made on the spot."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from headstart.demo._debian import HEADER, MARK, Deb

DEB = Deb(package="some-sounds", version="1.0-1", source="sounds", sha256="")


def member(name: str, content: bytes) -> bytes:
    """One member of an ``ar`` archive, padded to an even length."""
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
    assert len(header) == HEADER
    return header + content + b"\n" * (len(content) % 2)


def packed(files: Mapping[str, bytes], links: Mapping[str, str] = {}, compression: str = "xz") -> bytes:
    """A package that would install ``files``, and ``links`` to some of them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name, target in links.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    parts = [
        member("debian-binary", b"2.0\n"),
        member("control.tar.xz", b"odd"),
        member("data.tar.xz", buffer.getvalue()),
    ]
    return MARK + b"".join(parts)


def published(folder: Path, raw: bytes, deb: Deb = DEB) -> Deb:
    """``deb`` with the digest of ``raw``, which lies below ``folder`` as on Debian's server."""
    pinned = replace(deb, sha256=hashlib.sha256(raw).hexdigest())
    place = folder / pinned.source[0] / pinned.source / pinned.file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(raw)
    return pinned
