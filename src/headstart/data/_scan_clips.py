"""Every sound heard once: can it be read, what are its bytes, how long is it, what does it sound like."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from headstart.core.cores import cores
from headstart.core.errors import UnreadableItem
from headstart.core.progress import Progress
from headstart.data._clip import heard
from headstart.data._file import read_bytes
from headstart.data._near_clips import fingerprint
from headstart.data._scan import Finding

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 512
"""Sounds per step: bounds what waits in memory."""


def scan_clips(items: pa.ChunkedArray, progress: Progress) -> list[Finding]:
    """Findings for N sounds (``struct<path, bytes>``), every one fully decoded."""
    found: list[Finding] = []
    with (
        ThreadPoolExecutor(max_workers=min(8, cores())) as pool,
        progress.stage("Hearing every clip", total=len(items)) as stage,
    ):
        for start in range(0, len(items), CHUNK):
            rows = items.slice(start, CHUNK).to_pylist()
            found += pool.map(lambda row: _scan(*((row["path"], row["bytes"]) if row else (None, None))), rows)
            stage.advance(len(rows))
    return found


def _scan(path: str | None, raw: bytes | None) -> Finding:
    digest = ""
    try:
        if raw is None and path is None:
            return Finding(problem="there is no sound in this row")
        raw = read_bytes(path or "") if raw is None else raw
        digest = hashlib.sha256(raw).hexdigest()
        found = heard(raw, path or "")
    except UnreadableItem as error:
        return Finding(digest=digest, problem=error.reason)
    clip = found.clip
    samples = hashlib.sha256(str(clip.rate).encode() + clip.samples.tobytes()).hexdigest()
    return Finding(digest=digest, odd=found.odd, pixels=samples, look=fingerprint(clip), seconds=clip.seconds)
