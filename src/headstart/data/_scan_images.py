"""Every picture looked at once: can it be read, what are its pixels, what does it look like."""

from __future__ import annotations

import hashlib
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import PIL

from headstart.core.errors import UnreadableItem
from headstart.core.progress import Progress
from headstart.data._file import read_bytes
from headstart.data._finding import Finding
from headstart.data._image import MAX_PIXELS, Decoded, decoded, opened, pixels_held
from headstart.data._looks import LOOK_BYTES, look, nearly_blank
from headstart.data._pixels import strips
from headstart.data._room import Room
from headstart.data._scan import Look, scan_files
from headstart.data._scan_cache import ScanCache

if TYPE_CHECKING:
    import pyarrow as pa
    from PIL import Image

AT_ONCE = MAX_PIXELS
"""Pixels decoded at the same time at most, over all workers: as many as the largest picture may have."""

LEAST_SIDE = 256
"""Pixels left of a picture's shorter side when it is decoded at a reduced scale (`Header.scale`): four times a look,
whose luma then differs from that of the picture in full by .4 levels of 255 on average and 5 at most (19 JPEGs of 4000
x 3000). The whole file is read even so, and damage in it found."""


def scan_images(items: pa.ChunkedArray, progress: Progress, cache: ScanCache | None = None) -> list[Finding]:
    """Findings for N images (``struct<path, bytes>``), every one fully decoded unless an earlier scan did so."""
    room = Room(AT_ONCE)
    how = Look(
        title="Reading every image",
        inspect=partial(_scan_image, room=room),
        nothing="there is no picture in this row",
        lookable=(0, LOOK_BYTES),
        decoder=PIL.__version__,
        settle=partial(_digest_equal, items, room),
    )
    # Pillow warns of pictures that are large but within the limit set in _image.py, and of damaged side information.
    # Filters belong to the process, not to a thread: they are set here, around all the workers.
    with warnings.catch_warnings(action="ignore"):
        return scan_files(items, how, progress, cache)


def _scan_image(name: str, raw: bytes, digest: str, room: Room) -> Finding:
    image = opened(raw, name)
    with room.of(pixels_held(image, LEAST_SIDE)):
        finding = _look_at(image, name, digest)
    if finding.reduced and nearly_blank(finding.look):
        return replace(finding, pixels=_digest_in_full(name, raw, room))
    return finding


def _look_at(image: Image.Image, name: str, digest: str) -> Finding:
    found = decoded(image, name, LEAST_SIDE)
    is_reduced, pixels = found.header.scale(LEAST_SIDE) > 1, _digest_of(found)
    return Finding(
        digest=digest,
        odd=found.odd,
        size=found.size,
        look=look(found.image),
        pixels="" if is_reduced else pixels,
        reduced=pixels if is_reduced else "",
    )


def _digest_of(found: Decoded) -> str:
    digest = hashlib.sha256(repr(found.size).encode())
    for _, strip in strips(found.image):
        digest.update(strip.tobytes())
    return digest.hexdigest()


def _digest_in_full(name: str, raw: bytes, room: Room) -> str:
    image = opened(raw, name)
    with room.of(pixels_held(image)):
        return _digest_of(decoded(image, name))


def _digest_equal(items: pa.ChunkedArray, room: Room, found: list[Finding], pool: ThreadPoolExecutor) -> list[int]:
    """Digest in full, in place, large JPEGs that are equal at the reduced scale though their files differ; gives the
    rows of those that could be.
    """
    files: dict[str, set[str]] = {}
    for finding in found:
        if finding.reduced:
            files.setdefault(finding.reduced, set()).add(finding.digest)
    rows = [row for row, finding in enumerate(found) if not finding.pixels and len(files.get(finding.reduced, ())) > 1]

    def settled(row: int) -> Finding:
        item = items[row].as_py()
        name = item["path"] or ""
        try:
            raw = read_bytes(name) if item["bytes"] is None else item["bytes"]
            return replace(found[row], pixels=_digest_in_full(name, raw, room))
        except UnreadableItem as error:
            return Finding(digest=found[row].digest, problem=error.reason)

    for row, finding in zip(rows, pool.map(settled, rows), strict=True):
        found[row] = finding
    return [row for row in rows if found[row].problem is None]
