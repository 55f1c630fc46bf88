"""What identifies the items' content, 32 bytes each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Digests(Sequence[str]):
    """SHA-256 digests, as hexadecimal text when one is asked for and as ``raw (N, 32)`` bytes in memory."""

    def __init__(self, raw: NDArray[np.uint8]) -> None:
        self.raw = raw

    @classmethod
    def of(cls, parts: Iterable[Sequence[str]]) -> Digests:
        """Of hexadecimal texts, some at a time."""
        raw = b"".join(bytes.fromhex("".join(part)) for part in parts)
        return cls(np.frombuffer(bytearray(raw), dtype=np.uint8).reshape(-1, 32))

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
    """``(N,)`` strings of 32 bytes, which compare as the texts do."""
    known = digests if isinstance(digests, Digests) else Digests.of([digests])
    return np.ascontiguousarray(known.raw).view("S32")[:, 0]


def smallest(digests: Sequence[str], count: int) -> NDArray[np.int64]:
    """Positions of the ``count`` digests that come first in alphabetical order."""
    texts = keys(digests) if isinstance(digests, Digests) else np.asarray(digests)
    return np.argsort(texts, kind="stable")[:count]
