"""Every item looked at once, by several threads, and not again while its file is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headstart.core.cores import cores
from headstart.core.errors import UnreadableItem
from headstart.core.progress import Progress
from headstart.data._file import read_bytes
from headstart.data._finding import Finding
from headstart.data._scan_cache import ScanCache, stamp
from headstart.data._text import read_text

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 512
"""Files per step: bounds what waits in memory, and how much an interrupted scan repeats."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How the files of one modality are looked at.

    Attributes:
        title: what the user reads meanwhile.
        inspect: name, bytes and their digest to a finding, or `UnreadableItem`; called by several threads.
        nothing: what is said of a row without a file.
        lookable: the lengths a stored ``look`` may have.
        decoder: name and version of what decodes; findings of another are not believed.
        settle: called once with all findings, which it may replace in place; gives the rows it has replaced.
    """

    title: str
    inspect: Callable[[str, bytes, str], Finding]
    nothing: str
    lookable: tuple[int, ...]
    decoder: str
    settle: Callable[[list[Finding], ThreadPoolExecutor], list[int]] | None = None


def scan_texts(items: pa.ChunkedArray) -> list[Finding]:
    """Findings for N texts (null counts as empty)."""
    return [_scan_text(value.as_py()) for chunk in items.chunks for value in chunk]


def _scan_text(text: str | None) -> Finding:
    try:
        read_text(text or "")
    except UnreadableItem as error:
        return Finding(problem=error.reason)
    return Finding(digest=hashlib.sha256((text or "").encode()).hexdigest())


def scan_files(items: pa.ChunkedArray, look: Look, progress: Progress, cache: ScanCache | None = None) -> list[Finding]:
    """Findings for N files (``struct<path, bytes>``), each inspected unless an earlier scan did so."""
    found: list[Finding] = []
    with (
        cache or ScanCache() as memory,
        ThreadPoolExecutor(max_workers=min(8, cores())) as pool,
        progress.stage(look.title, total=len(items)) as stage,
    ):
        for chunk in _chunks(items):
            found += _scan_chunk(chunk, look, memory, pool)
            stage.advance(len(chunk))
        if look.settle is not None:
            rows = look.settle(found, pool)
            names = [items[row].as_py()["path"] for row in rows]  # the ending belongs to the key
            memory.remember([], [_kept(found[row], name, look) for row, name in zip(rows, names, strict=True)])
    if memory.trouble:
        progress.say(memory.trouble)
    return found


def _chunks(items: pa.ChunkedArray) -> Iterator[list[tuple[str | None, bytes | None]]]:
    for start in range(0, len(items), CHUNK):
        rows = items.slice(start, CHUNK).to_pylist()
        yield [(row["path"], row["bytes"]) if row else (None, None) for row in rows]


def _scan_chunk(
    rows: Sequence[tuple[str | None, bytes | None]], look: Look, memory: ScanCache, pool: ThreadPoolExecutor
) -> list[Finding]:
    stamps = [stamp(path) if path and raw is None else None for path, raw in rows]
    digests = memory.digests(key for key in stamps if key)
    known_digests = [digests.get(key) if key else _digest(raw) for key, (_, raw) in zip(stamps, rows, strict=True)]
    keys = [_key(digest, path, look) for digest, (path, _) in zip(known_digests, rows, strict=True) if digest]
    known = memory.contents(keys)

    def one(position: int) -> tuple[Finding, bool]:
        path, raw = rows[position]
        digest = known_digests[position]
        facts = known.get(_key(digest, path, look)) if digest else None
        if digest and facts and len(facts[1]) in look.lookable:
            return Finding.recalled(digest, *facts), False
        return _inspected(path, raw, look), True

    results = list(pool.map(one, range(len(rows))))
    fresh = [(position, finding) for position, (finding, is_new) in enumerate(results) if is_new and finding.digest]
    memory.remember(
        [(key, finding.digest) for position, finding in fresh if (key := stamps[position])],
        [_kept(finding, rows[position][0], look) for position, finding in fresh],
    )
    return [finding for finding, _ in results]


def _inspected(path: str | None, raw: bytes | None, look: Look) -> Finding:
    if path is None and raw is None:
        return Finding(problem=look.nothing)
    digest = ""
    try:
        raw = read_bytes(path or "") if raw is None else raw
        digest = hashlib.sha256(raw).hexdigest()
        return look.inspect(path or "", raw, digest)
    except UnreadableItem as error:
        return Finding(digest=digest, problem=error.reason)


def _digest(raw: bytes | None) -> str | None:
    return hashlib.sha256(raw).hexdigest() if raw is not None else None


def _kept(finding: Finding, path: str | None, look: Look) -> tuple[str, str, bytes]:
    return _key(finding.digest, path, look), finding.facts, finding.look


def _key(digest: str, path: str | None, look: Look) -> str:
    # The ending matters to the finding (wrong_extension), and so does who decoded it.
    return f"{digest} {Path(path or '').suffix.lower()} {look.decoder}"
