"""Features on disk, found again by content: what was encoded, how it was read, by which weights.

One *space* is a folder per (preprocessing, weights, layer, dtype). In it, every shard is a safetensors file with
the SHA-256 digests of some items ``(n, 32)`` and their features ``(n, D)``. Shards are written once, atomically,
while a pass is under way, so that a killed pass loses at most the last few seconds; a damaged shard is named,
removed and encoded again.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from headstart.core.progress import Progress
from headstart.engine.journal import write_atomically

if TYPE_CHECKING:
    from numpy.typing import NDArray

READING = 1
"""Version of how raw files become decoded items (EXIF, alpha, bit depth); a change makes old features unreachable."""


def noted(home: Path, **identity: str) -> Path:
    """The file, there or not, of a note about what has this identity; its folder is there."""
    path = _place(home, _text(identity)).with_suffix(".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _text(identity: Mapping[str, str]) -> str:
    return json.dumps({"reading": READING, **identity}, sort_keys=True)


def _place(home: Path, text: str) -> Path:
    return home / "features" / hashlib.sha256(text.encode()).hexdigest()[:32]


class FeatureSpace:
    """The features of one (preprocessing, weights, layer, dtype), by item digest; in memory if ``home`` is None."""

    def __init__(self, home: Path | None, progress: Progress, **identity: str) -> None:
        self._rows: dict[bytes, NDArray[np.float32]] = {}
        self.folder: Path | None = None
        if home is None:
            return
        text = _text(identity)
        self.folder = _place(home, text)
        self.folder.mkdir(parents=True, exist_ok=True)
        note = self.folder / "space.json"
        if not note.exists():
            write_atomically(note, text.encode())
        for shard in sorted(self.folder.glob("*.safetensors")):
            try:
                arrays = load_file(shard)
                keys, features = arrays["keys"], arrays["features"]
            except (SafetensorError, KeyError, OSError):
                progress.say(f"The cached features in '{shard}' are damaged; they are removed and computed again.")
                shard.unlink()
                continue
            self._rows.update(zip((key.tobytes() for key in keys), features, strict=True))

    def missing(self, digests: Sequence[str]) -> list[int]:
        """Positions in ``digests`` (hexadecimal SHA-256) whose features are not here; of equal items, the first."""
        seen: set[str] = set()
        positions = []
        for position, digest in enumerate(digests):
            if digest not in seen and bytes.fromhex(digest) not in self._rows:
                positions.append(position)
            seen.add(digest)
        return positions

    def add(self, digests: Sequence[str], features: NDArray[np.float32]) -> None:
        """Keep ``features (n, D)`` of ``n`` items, in one new shard if there is a folder."""
        keys = np.frombuffer(bytes.fromhex("".join(digests)), dtype=np.uint8).reshape(len(digests), 32)
        if self.folder is not None:
            shard = self.folder / f"{uuid.uuid4().hex}.safetensors"
            write_atomically(shard, save({"keys": keys, "features": np.ascontiguousarray(features)}))
        self._rows.update(zip((key.tobytes() for key in keys), features, strict=True))

    def take(self, digests: Sequence[str]) -> NDArray[np.float32]:
        """Features ``(N, D)`` in the order of ``digests``; all of them must be here."""
        return np.stack([self._rows[bytes.fromhex(digest)] for digest in digests])
