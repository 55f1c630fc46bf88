"""Are the items that a model predicts of the domain that it is for? Watched while it serves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.core.domain_card import DomainCard
from headstart.core.domain_reference import DomainReference
from headstart.core.progress import Silent
from headstart.core.sound import Clip
from headstart.distances.properties import properties
from headstart.distances.two_sample import FEWEST
from headstart.engine.domain_card import NotedSide, domain_card

MOST = 400
"""Items that are kept, drawn at random among all that were seen."""
SIZE = "longer side (pixels)"
"""The property of pictures that cannot be told once they were decoded at a reduced scale."""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """An item that is to be kept in ``slot``, and how it looks."""

    slot: int
    name: str
    look: Mapping[str, float]


class DomainWatch:
    """Up to `MOST` of the items that were predicted with it (`Predictor.predict`), copies once: all are as likely to be
    among them (Vitter 1985, algorithm R). Drawn from a seed: the same items in the same order give the same card.
    """

    def __init__(self, reference: DomainReference, *, sized: bool, seed: int = 0) -> None:
        """``sized`` says whether pictures come in their full size."""
        self._reference = reference
        self._sized = sized
        self._random = np.random.default_rng(seed)
        self._seed = seed
        self._known: set[bytes] = set()
        self._kept: list[tuple[Noted, NDArray[np.float32], int]] = []

    def __len__(self) -> int:
        """How many items have been seen, copies once."""
        return len(self._known)

    def note(self, name: str, item: Any) -> Noted | None:
        """What is to be known of a decoded item beside its features; None where it will not be kept."""
        digest = _digest(item)
        if digest in self._known:
            return None
        self._known.add(digest)
        slot = len(self) - 1 if len(self) <= MOST else int(self._random.integers(len(self)))
        if slot >= MOST:
            return None
        look = properties(item)
        if not self._sized:
            look.pop(SIZE, None)
        return Noted(slot=slot, name=name, look=look)

    def keep(self, noted: Noted, features: NDArray[np.float32], predicted: int) -> None:
        """The ``features (D,)`` of an item that was noted, and its ``predicted`` class; in the order of the notes."""
        entry = noted, features, predicted
        if noted.slot < len(self._kept):
            self._kept[noted.slot] = entry
        else:
            self._kept.append(entry)

    def card(self) -> DomainCard:
        """How far the items are from those of the reference, with predicted classes held equal where both sides have
        enough of the same: a model that predicts one class for all that is strange to it leaves none to compare within.

        Raises:
            UserError: there are too few.
        """
        order = np.random.default_rng(self._seed).permutation(len(self._kept))
        kept = [self._kept[place] for place in order]
        reference = self._reference
        width = reference.features.shape[1]
        predicted = np.array([each for _, _, each in kept], dtype=np.int64)
        held = _shared(reference.predicted, predicted) >= FEWEST
        return domain_card(
            NotedSide(
                name=reference.of,
                features=reference.features,
                targets=reference.predicted if held else None,
                noted=reference.looks,
            ),
            NotedSide(
                name="new items",
                features=np.array([row for _, row, _ in kept], dtype=np.float32).reshape(-1, width),
                ids=[noted.name for noted, _, _ in kept],
                targets=predicted if held else None,
                noted=[noted.look for noted, _, _ in kept],
            ),
            progress=Silent(),
            seed=self._seed,
        )


def _shared(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Items of a side that have others of their class on the other, where both sides are as large as the smaller."""
    outputs = max(first.max(initial=0), second.max(initial=0)) + 1
    counts = [np.bincount(each, minlength=outputs) / max(1, len(each)) for each in (first, second)]
    return float(np.minimum(*counts).sum()) * min(len(first), len(second))


def _digest(item: Any) -> bytes:
    """Of what an item shows or says."""
    if isinstance(item, str):
        content = item.encode()
    elif isinstance(item, Clip):
        content = np.ascontiguousarray(item.samples).tobytes()
    else:
        content = repr((item.mode, item.size)).encode() + item.tobytes()
    return hashlib.sha256(content).digest()
