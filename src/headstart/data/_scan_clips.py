"""Every sound heard once: can it be read, what are its samples, how long is it, what does it sound like."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from headstart.core.progress import Progress
from headstart.data._clip import heard
from headstart.data._finding import Finding
from headstart.data._near_clips import FINGERPRINT_BYTES, fingerprint
from headstart.data._room import Room
from headstart.data._scan import Look, scan_files
from headstart.data._scan_cache import ScanCache

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 60_000_000
"""Samples decoded at the same time at most, over all workers: ten minutes of stereo at 48 kHz, .24 GB."""


def scan_clips(items: pa.ChunkedArray, progress: Progress, cache: ScanCache | None = None) -> list[Finding]:
    """Findings for N sounds (``struct<path, bytes>``), every one fully decoded unless an earlier scan did so."""
    import soundfile

    how = Look(
        title="Hearing every clip",
        inspect=partial(_scan_clip, room=Room(AT_ONCE)),
        nothing="there is no sound in this row",
        lookable=(0, FINGERPRINT_BYTES),
        decoder=soundfile.__libsndfile_version__,
    )
    return scan_files(items, how, progress, cache)


def _scan_clip(name: str, raw: bytes, digest: str, room: Room) -> Finding:
    found = heard(raw, name, room)
    clip = found.clip
    samples = hashlib.sha256(str(clip.rate).encode() + clip.samples.tobytes()).hexdigest()
    return Finding(
        digest=digest, odd=found.odd, pixels=samples, look=fingerprint(clip), seconds=clip.seconds, rate=clip.rate
    )
