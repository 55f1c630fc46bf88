"""What identifies the items' content, 16 bytes each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


BYTES = 16
"""Of the 32 of a SHA-256 that are held: two of a million items agree in them with a chance of ``1e-27``."""


class Digests(Sequence[str]):
    """The first bytes of SHA-256 digests, as hexadecimal text when one is asked for and as ``raw (N, BYTES)``."""

    def __init__(self, raw: NDArray[np.uint8]) -> None:
        self.raw = raw

    @classmethod
    def of(cls, parts: Iterable[Sequence[str]]) -> Digests:
        """Of hexadecimal texts, some at a time."""
        raw = b"".join(bytes.fromhex("".join(text[: 2 * BYTES] for text in part)) for part in parts)
        return cls(np.frombuffer(bytearray(raw), dtype=np.uint8).reshape(-1, BYTES))

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return Digests(self.raw[position])
        return self.raw[position].tobytes().hex()


def at(digests: Sequence[str], positions: NDArray[np.int64]) -> Sequence[str]:
    """The digests at ``positions``, in that order."""
    if isinstance(digests, Digests):
        return Digests(digests.raw[positions])
    return [digests[int(position)] for position in positions]


def keys(digests: Sequence[str]) -> NDArray[np.bytes_]:
    """``(N,)`` strings of `BYTES` bytes, which compare as the texts do."""
    return as_keys((digests if isinstance(digests, Digests) else Digests.of([digests])).raw)


def as_keys(raw: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """``(N,)`` such strings from ``raw (N, BYTES)``, or from digests that are held in full."""
    return np.ascontiguousarray(raw[:, :BYTES]).view(f"S{BYTES}")[:, 0]


def smallest(digests: Sequence[str], count: int) -> NDArray[np.int64]:
    """Positions of the ``count`` digests that come first in alphabetical order."""
    texts = keys(digests) if isinstance(digests, Digests) else np.asarray(digests)
    return np.argsort(texts, kind="stable")[:count]
