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
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from headstart.core.errors import Unavailable
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
    """The features of one (preprocessing, weights, layer, dtype), by item digest; in memory if ``home`` is None.

    A space grows with every data set that meets the model. Only the digests are held; features are read from the
    shards that have some of what is asked for.
    """

    def __init__(self, home: Path | None, progress: Progress, **identity: str) -> None:
        self._shards: list[Path | NDArray[np.float32]] = []
        self._places: dict[bytes, tuple[int, int]] = {}
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
                self._index(_tensor(shard, "keys"), shard)
            except (SafetensorError, OSError):
                progress.say(f"The cached features in '{shard}' are damaged; they are removed and computed again.")
                shard.unlink()

    def missing(self, digests: Sequence[str]) -> list[int]:
        """Positions in ``digests`` (hexadecimal SHA-256) whose features are not here; of equal items, the first."""
        seen: set[str] = set()
        positions = []
        for position, digest in enumerate(digests):
            if digest not in seen and bytes.fromhex(digest) not in self._places:
                positions.append(position)
            seen.add(digest)
        return positions

    def add(self, digests: Sequence[str], features: NDArray[np.float32]) -> None:
        """Keep ``features (n, D)`` of ``n`` items, in one new shard if there is a folder."""
        keys = np.frombuffer(bytes.fromhex("".join(digests)), dtype=np.uint8).reshape(len(digests), 32)
        if self.folder is None:
            self._index(keys, features)
            return
        shard = self.folder / f"{uuid.uuid4().hex}.safetensors"
        write_atomically(shard, save({"keys": keys, "features": np.ascontiguousarray(features)}))
        self._index(keys, shard)

    def take(self, digests: Sequence[str]) -> NDArray[np.float32]:
        """Features ``(N, D)`` in the order of ``digests``; all of them must be here.

        Raises:
            Unavailable: a shard was removed or damaged since it was found.
        """
        places = np.array([self._places[bytes.fromhex(digest)] for digest in digests], dtype=np.int64).reshape(-1, 2)
        taken: NDArray[np.float32] | None = None
        for number in np.unique(places[:, 0]):
            features = self._features(int(number))
            if taken is None:
                taken = np.empty((len(places), features.shape[1]), dtype=np.float32)
            here = places[:, 0] == number
            taken[here] = features[places[here, 1]]
        return np.empty((0, 0), dtype=np.float32) if taken is None else taken

    def _index(self, keys: NDArray[np.uint8], shard: Path | NDArray[np.float32]) -> None:
        number = len(self._shards)
        self._shards.append(shard)
        self._places.update((key.tobytes(), (number, row)) for row, key in enumerate(keys))

    def _features(self, number: int) -> NDArray[np.float32]:
        shard = self._shards[number]
        if not isinstance(shard, Path):
            return shard
        try:
            return _tensor(shard, "features")
        except (SafetensorError, OSError) as error:
            raise Unavailable(
                f"The cached features in '{shard}' were removed or damaged while they were needed. Run the same "
                "command again: they are computed anew."
            ) from error


def _tensor(shard: Path, name: str) -> NDArray[Any]:
    with safe_open(shard, framework="numpy") as file:
        return file.get_tensor(name)
