"""Features on disk, found again by content: what was encoded, how it was read, by which weights.

One *space* is a folder per (preprocessing, weights, layer, dtype). In it, every shard is a safetensors file with
the digests of some items ``(n, 16)`` (`engine.digests`) and their features ``(n, D)``. Shards are written once,
atomically, while a pass is under way, so that a killed pass loses at most the last few seconds; a damaged shard is
named, removed and encoded again, and one that cannot be read just now is named and left where it is.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from headstart.core.errors import Unavailable
from headstart.core.features import Features
from headstart.core.progress import Progress
from headstart.engine.digests import BYTES, as_keys, keys
from headstart.engine.journal import remove_abandoned, write_atomically
from headstart.engine.matrix import FeatureFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

READING = 1
"""Version of how raw files become decoded items (EXIF, alpha, bit depth); a change makes old features unreachable."""
LOOKED_UP = 1 << 17
"""Digests that are looked for at a time: sorting them takes several times their own room."""
HELD_BYTES = 32 << 20
"""Features up to this size are an array in memory; more are read from a file in blocks."""


def noted(home: Path, **identity: str) -> Path:
    """The file, there or not, of a note about what has this identity; its folder is there."""
    path = _place(home, _text(identity)).with_suffix(".json")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _text(identity: Mapping[str, str]) -> str:
    return json.dumps({"reading": READING, **identity}, sort_keys=True)


def _put(taken: NDArray[np.float32] | FeatureFile, rows: NDArray[np.int64], features: NDArray[np.float32]) -> None:
    if isinstance(taken, FeatureFile):
        taken.write(rows, features)
    else:
        taken[rows] = features


def _place(home: Path, text: str) -> Path:
    return home / "features" / hashlib.sha256(text.encode()).hexdigest()[:32]


class FeatureSpace:
    """The features of one (preprocessing, weights, layer, dtype), by item digest; in memory if ``home`` is None.

    A space grows with every data set that meets the model. Nothing of it is held but the names of its shards; digests
    and features are read from those when something is asked for.
    """

    def __init__(self, home: Path | None, progress: Progress, **identity: str) -> None:
        self._shards: list[Path | _Held] = []
        self.folder: Path | None = None
        if home is None:
            return
        text = _text(identity)
        self.folder = _place(home, text)
        self.folder.mkdir(parents=True, exist_ok=True)
        note = self.folder / "space.json"
        if not note.exists():
            write_atomically(note, text.encode())
        remove_abandoned(self.folder)
        for shard in sorted(self.folder.glob("*.safetensors")):
            try:
                _tensor(shard, "keys")
                self._shards.append(shard)
            except (SafetensorError, KeyError):
                progress.say(f"The cached features in '{shard}' are damaged; they are removed and computed again.")
                shard.unlink(missing_ok=True)
            except OSError as error:
                progress.say(f"The cached features in '{shard}' cannot be read ({error}); they are computed again.")

    def missing(self, digests: Sequence[str]) -> list[int]:
        """Positions in ``digests`` (`engine.digests`) whose features are not here; of equal items, the first.

        Raises:
            Unavailable: a shard was removed or damaged since it was found.
        """
        wanted, absent = keys(digests), []
        for start in range(0, len(wanted), LOOKED_UP):
            order, first, shards, _ = self._found(wanted[start : start + LOOKED_UP])
            absent.append(start + np.sort(order[first & (shards < 0)]))
        found = np.concatenate([np.empty(0, dtype=np.int64), *absent])
        return found[np.sort(np.unique(wanted[found], return_index=True)[1])].tolist()

    def add(self, digests: Sequence[str], features: NDArray[np.float32]) -> None:
        """Keep ``features (n, D)`` of ``n`` items, in one new shard if there is a folder."""
        raw = keys(digests).view(np.uint8).reshape(len(digests), BYTES)
        if self.folder is None:
            self._shards.append(_Held(keys=raw, features=features))
            return
        shard = self.folder / f"{uuid.uuid4().hex}.safetensors"
        write_atomically(shard, save({"keys": raw, "features": np.ascontiguousarray(features)}))
        self._shards.append(shard)

    def take(self, digests: Sequence[str]) -> NDArray[np.float32] | Features:
        """Features ``(N, D)`` in the order of ``digests``; all of them must be here.

        Up to `HELD_BYTES` they are an array, beyond that they lie in a temporary file beside the shards.

        Raises:
            KeyError: features of an item are not here.
            Unavailable: a shard was removed or damaged since it was found, or the disk has no room for the file.
        """
        wanted = keys(digests)
        taken: NDArray[np.float32] | FeatureFile = np.empty((0, 0), dtype=np.float32)
        for start in range(0, len(wanted), LOOKED_UP):
            order, _, shards, rows = self._found(wanted[start : start + LOOKED_UP])
            if absent := int((shards < 0).sum()):
                raise KeyError(
                    f"{absent} of {len(order)} items have no features here; encode what missing() names first"
                )
            grouped = np.argsort(shards, kind="stable")
            for part in np.split(grouped, np.flatnonzero(np.diff(shards[grouped])) + 1):
                features = self._tensor(int(shards[part[0]]), "features")
                if not len(taken):
                    taken = self._room(len(wanted), features.shape[1])
                _put(taken, start + order[part], features[rows[part]])
        return taken

    def _room(self, items: int, width: int) -> NDArray[np.float32] | FeatureFile:
        if self.folder is None or 4 * items * width <= HELD_BYTES:
            return np.empty((items, width), dtype=np.float32)
        return FeatureFile(items, width, self.folder)

    def _found(
        self, wanted: NDArray[np.bytes_]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int32], NDArray[np.int64]]:
        """Where ``wanted (N,)`` are: their order, and in that order which are the first of equal ones, the number of
        their shard (-1: none) and their row in it.
        """
        order = np.argsort(wanted, kind="stable")
        ordered = wanted[order]
        first = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
        shards, rows = np.full(len(ordered), -1, dtype=np.int32), np.zeros(len(ordered), dtype=np.int64)
        for number in range(len(self._shards)):
            held = as_keys(self._tensor(number, "keys"))
            places = np.searchsorted(ordered, held)
            asked = np.flatnonzero(places < len(ordered))
            asked = asked[ordered[places[asked]] == held[asked]]
            shards[places[asked]], rows[places[asked]] = number, asked
        same = np.maximum.accumulate(np.where(first, np.arange(len(ordered)), 0))
        return order, first, shards[same], rows[same]

    def _tensor(self, number: int, name: str) -> NDArray[Any]:
        shard = self._shards[number]
        if isinstance(shard, _Held):
            return shard.keys if name == "keys" else shard.features
        try:
            return _tensor(shard, name)
        except (SafetensorError, KeyError, OSError) as error:
            raise Unavailable(
                f"The cached features in '{shard}' were removed or damaged while they were needed. Run the same "
                "command again: they are computed anew."
            ) from error


@dataclass(frozen=True, kw_only=True)
class _Held:
    """A shard in memory: ``keys (n, 16)`` and ``features (n, D)``."""

    keys: NDArray[np.uint8]
    features: NDArray[np.float32]


def _tensor(shard: Path, name: str) -> NDArray[Any]:
    with safe_open(shard, framework="numpy") as file:
        return file.get_tensor(name)
