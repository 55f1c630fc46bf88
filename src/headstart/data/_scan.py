"""Every item looked at once: can it be read, what are its bytes, what does it look like."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import PIL

from headstart.core.cores import cores
from headstart.core.errors import UnreadableItem
from headstart.core.progress import Progress
from headstart.data._file import read_bytes
from headstart.data._image import MAX_PIXELS, Decoded, decoded, opened, pixels_held
from headstart.data._looks import LOOK_BYTES, look, nearly_blank
from headstart.data._pixels import strips
from headstart.data._room import Room
from headstart.data._scan_cache import ScanCache, stamp
from headstart.data._text import read_text

if TYPE_CHECKING:
    import pyarrow as pa
    from PIL import Image

CHUNK = 512
"""Images per step: bounds what waits in memory, and how much an interrupted scan repeats."""

AT_ONCE = MAX_PIXELS
"""Pixels decoded at the same time at most, over all workers: as many as the largest picture may have."""

LEAST_SIDE = 256
"""Pixels left of a picture's shorter side when it is decoded at a reduced scale (`Header.scale`): four times a look,
whose luma then differs from that of the picture in full by .4 levels of 255 on average and 5 at most (19 JPEGs of 4000
x 3000). The whole file is read even so, and damage in it found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One item. ``problem`` says why it cannot be used, else None; ``digest`` is the SHA-256 of its bytes.

    Images only: ``size`` is (width, height) upright, ``pixels`` the SHA-256 of it and of the RGB pixels, ``look`` see
    `headstart.data._looks.look`, ``odd`` see `headstart.data._audit.ODDITIES`. Large JPEGs are looked at, and digested,
    at a reduced scale, which gives ``reduced``. Their ``pixels`` are empty but where that leaves a doubt: where another
    file has an equal ``reduced``, and where they are nearly blank. A copy of one in another format, equal in every
    pixel, is found by its look.

    Sounds: ``seconds`` they last, ``pixels`` the SHA-256 of rate and samples, ``look`` see
    `headstart.data._near_clips.fingerprint`.
    """

    digest: str = ""
    problem: str | None = None
    odd: tuple[str, ...] = ()
    pixels: str = ""
    reduced: str = ""
    size: tuple[int, int] = (0, 0)
    look: bytes = b""
    seconds: float = 0.0


def scan_texts(items: pa.ChunkedArray) -> list[Finding]:
    """Findings for N texts (null counts as empty)."""
    return [_scan_text(value.as_py()) for chunk in items.chunks for value in chunk]


def _scan_text(text: str | None) -> Finding:
    try:
        read_text(text or "")
    except UnreadableItem as error:
        return Finding(problem=error.reason)
    return Finding(digest=hashlib.sha256((text or "").encode()).hexdigest())


def scan_images(items: pa.ChunkedArray, progress: Progress, cache: ScanCache | None = None) -> list[Finding]:
    """Findings for N images (``struct<path, bytes>``), every one fully decoded unless an earlier scan did so."""
    found: list[Finding] = []
    room = Room(AT_ONCE)
    workers = min(8, cores())
    with (
        cache or ScanCache() as memory,
        ThreadPoolExecutor(max_workers=workers) as pool,
        progress.stage("Reading every image", total=len(items)) as stage,
        # Pillow warns of pictures that are large but within the limit set in _image.py, and of damaged side
        # information. Filters belong to the process, not to a thread: they are set here, around all the workers.
        warnings.catch_warnings(action="ignore"),
    ):
        for chunk in _chunks(items):
            found += _scan_chunk(chunk, memory, pool, room)
            stage.advance(len(chunk))
        _digest_equal(found, items, memory, pool, room)
    if memory.trouble:
        progress.say(memory.trouble)
    return found


def _chunks(items: pa.ChunkedArray) -> Iterator[list[tuple[str | None, bytes | None]]]:
    for start in range(0, len(items), CHUNK):
        rows = items.slice(start, CHUNK).to_pylist()
        yield [(row["path"], row["bytes"]) if row else (None, None) for row in rows]


def _scan_chunk(
    rows: Sequence[tuple[str | None, bytes | None]], memory: ScanCache, pool: ThreadPoolExecutor, room: Room
) -> list[Finding]:
    stamps = [stamp(path) if path and raw is None else None for path, raw in rows]
    digests = memory.digests(key for key in stamps if key)
    known_digests = [digests.get(key) if key else _digest(raw) for key, (_, raw) in zip(stamps, rows, strict=True)]
    keys = [_key(digest, path) for digest, (path, _) in zip(known_digests, rows, strict=True) if digest]
    known = memory.contents(keys)

    def one(position: int) -> tuple[Finding, bool]:
        path, raw = rows[position]
        digest = known_digests[position]
        facts = known.get(_key(digest, path)) if digest else None
        if digest and facts and len(facts[1]) in (0, LOOK_BYTES):
            return _recall(digest, *facts), False
        return _scan_image(path, raw, room), True

    results = list(pool.map(one, range(len(rows))))
    fresh = [(position, finding) for position, (finding, is_new) in enumerate(results) if is_new and finding.digest]
    memory.remember(
        [(key, finding.digest) for position, finding in fresh if (key := stamps[position])],
        [(_key(finding.digest, rows[position][0]), _facts(finding), finding.look) for position, finding in fresh],
    )
    return [finding for finding, _ in results]


def _scan_image(path: str | None, raw: bytes | None, room: Room) -> Finding:
    digest = ""
    try:
        if raw is None and path is None:
            return Finding(problem="there is no picture in this row")
        raw = read_bytes(path or "") if raw is None else raw
        digest = hashlib.sha256(raw).hexdigest()
        image = opened(raw, path or "")
        with room.of(pixels_held(image, LEAST_SIDE)):
            finding = _look_at(image, path or "", digest)
        if finding.reduced and nearly_blank(finding.look):
            return replace(finding, pixels=_digest_in_full(path, raw, room))
        return finding
    except UnreadableItem as error:
        return Finding(digest=digest, problem=error.reason)


def _look_at(image: Image.Image, name: str, digest: str) -> Finding:
    found = decoded(image, name, LEAST_SIDE)
    is_reduced = found.header.scale(LEAST_SIDE) > 1
    pixels = {"reduced" if is_reduced else "pixels": _digest_of(found)}
    return Finding(digest=digest, odd=found.odd, size=found.size, look=look(found.image), **pixels)


def _digest_of(found: Decoded) -> str:
    digest = hashlib.sha256(repr(found.size).encode())
    for _, strip in strips(found.image):
        digest.update(strip.tobytes())
    return digest.hexdigest()


def _digest_in_full(path: str | None, raw: bytes | None, room: Room) -> str:
    image = opened(read_bytes(path or "") if raw is None else raw, path or "")
    with room.of(pixels_held(image)):
        return _digest_of(decoded(image, path or ""))


def _digest_equal(
    found: list[Finding], items: pa.ChunkedArray, memory: ScanCache, pool: ThreadPoolExecutor, room: Room
) -> None:
    """Digest in full, in place, large JPEGs that are equal at the reduced scale though their files differ."""
    files: dict[str, set[str]] = {}
    for finding in found:
        if finding.reduced:
            files.setdefault(finding.reduced, set()).add(finding.digest)
    rows = [row for row, finding in enumerate(found) if not finding.pixels and len(files.get(finding.reduced, ())) > 1]

    def settled(row: int) -> Finding:
        item = items[row].as_py()
        try:
            return replace(found[row], pixels=_digest_in_full(item["path"], item["bytes"], room))
        except UnreadableItem as error:
            return Finding(digest=found[row].digest, problem=error.reason)

    names = [items[row].as_py()["path"] for row in rows]  # the ending belongs to the key
    for row, finding in zip(rows, pool.map(settled, rows), strict=True):
        found[row] = finding
    known = [(found[row], name) for row, name in zip(rows, names, strict=True) if found[row].problem is None]
    memory.remember([], [(_key(one.digest, name), _facts(one), one.look) for one, name in known])


def _digest(raw: bytes | None) -> str | None:
    return hashlib.sha256(raw).hexdigest() if raw is not None else None


def _key(digest: str, path: str | None) -> str:
    # The ending matters to the finding (wrong_extension), and so does who decoded it.
    return f"{digest} {Path(path or '').suffix.lower()} {PIL.__version__}"


def _facts(finding: Finding) -> str:
    return json.dumps([finding.problem, finding.odd, finding.pixels, finding.reduced, finding.size])


def _recall(digest: str, facts: str, look_bytes: bytes) -> Finding:
    problem, odd, pixels, reduced, (width, height) = json.loads(facts)
    finding = Finding(digest=digest, problem=problem, odd=tuple(odd), pixels=pixels, reduced=reduced, look=look_bytes)
    return replace(finding, size=(width, height))
