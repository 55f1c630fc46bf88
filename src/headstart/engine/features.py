"""One pass of a frozen trunk over the items: the only time the network sees them while it is frozen."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, Preprocess
from headstart.core.cores import cores
from headstart.core.features import Features
from headstart.core.progress import Progress
from headstart.engine.arithmetic import (
    LEAST,
    SAMPLE,
    Arithmetic,
    Sample,
    in_order,
    machine,
    on_threads,
    settle,
    still_precise,
)
from headstart.engine.cache import FeatureSpace, noted
from headstart.engine.device import fast_dtype, on_device, prepared, to_device
from headstart.engine.digests import BYTES, smallest
from headstart.engine.identity import versions
from headstart.engine.items import Items, batches
from headstart.engine.journal import write_atomically
from headstart.engine.views import View

BATCH = 32
MOST_TEXTS = 128
TOKENS = 32 * 128
"""Most texts in a batch, and most tokens, padding counted."""
SHARD_SECONDS = 3.0
"""A shard is written after this much work, so that a killed pass loses no more."""
LEAN = "lean 3"
"""Version of `Backbone.lean`: features rounded in another way are kept apart."""
THREADS_PAY = 64
"""Items left to encode from which on numbers of threads are compared first."""

PASSING = ("torch", "timm", "transformers")
"""Libraries whose version may change what a forward pass gives."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Features ``(N, D)`` of N items, how many were computed now, and the seconds of a bare forward pass over N."""

    features: NDArray[np.float32] | Features
    computed: int
    forward_seconds: float
    precision: str


class Encoder:
    """Encodes items with one backbone: settles how once, then serves every pass from the cache or the network.

    ``home=None`` keeps nothing on disk. ``targets (N,)`` are the classes of the items encoded first; they are looked at
    by a check of what rounding does to a probe. ``like`` is what was settled for another body of the architecture.
    """

    def __init__(
        self,
        backbone: Backbone,
        home: Path | None,
        progress: Progress,
        *,
        targets: NDArray[np.int64] | None = None,
        like: Arithmetic | None = None,
    ) -> None:
        self._exact = backbone
        self._home = home
        self._progress = progress
        self._targets = targets
        self._like = like
        self._weights = weights_digest(backbone) if home else ""
        self._ready: Backbone | None = None
        self._spaces: dict[View | None, FeatureSpace] = {}
        self._arithmetic: Arithmetic | None = None
        self._seconds_per_item: float | None = None

    def alike(self, backbone: Backbone, home: Path | None = None) -> Encoder:
        """An encoder for another body of the architecture, which is run as this one's was settled."""
        return Encoder(backbone, home, self._progress, like=self._arithmetic)

    @property
    def dtype(self) -> torch.dtype:
        """What is multiplied in; a fast type until the first pass has settled it."""
        return fast_dtype() if self._arithmetic is None else self._arithmetic.dtype

    def arithmetic(self, items: Items) -> Arithmetic:
        """How the network is run, settled on ``items`` where it is not yet."""
        if self._arithmetic is None:
            self._arithmetic = self._settled(items)
        return self._arithmetic

    def encode(self, items: Items, name: str, view: View | None = None) -> Encoded:
        """Features of ``items`` in the fixed view or in random view ``view``; ``name`` is the progress stage."""
        space = self._space_of(items, view)
        missing = np.asarray(space.missing(items.digests), dtype=np.int64)
        if len(missing):
            self._pass(items, missing, space, name, view)
        return Encoded(
            features=space.take(items.digests),
            computed=len(missing),
            forward_seconds=self._forward_seconds(items),
            precision=self._how.precision,
        )

    def _space_of(self, items: Items, view: View | None) -> FeatureSpace:
        if view not in self._spaces:
            precision = self.arithmetic(items).precision
            seen = {} if view is None else {"view": str(view), "seeds": SEEDS}
            self._spaces[view] = FeatureSpace(
                self._home, self._progress, precision=precision, **seen, **self._identity()
            )
        return self._spaces[view]

    @property
    def _how(self) -> Arithmetic:
        assert self._arithmetic is not None  # settled before anything is run
        return self._arithmetic

    def _identity(self) -> dict[str, str]:
        return {
            "preprocess": self._exact.preprocess.key,
            "weights": self._weights,
            "layer": self._exact.layer,
            "arithmetic": LEAN,
            "model": self._exact.info.name,
            "libraries": ", ".join(f"{name} {of}" for name, of in versions().items() if name in PASSING),
        }

    def _settled(self, items: Items) -> Arithmetic:
        """How to run the network, decided once per weights, preprocessing and machine and noted beside the cache: a
        resumed run, which may have other items left to encode, must not decide otherwise.
        """
        if self._like is not None:
            return still_precise(on_device(self._exact), self._lean(items), self._sample(items), self._like)
        fast = fast_dtype()
        note = self._home and noted(self._home, **self._identity(), fast=str(fast), machine=machine())
        if note and note.exists():
            return Arithmetic.noted(json.loads(note.read_text(encoding="utf-8")))
        found = settle(on_device(self._exact), self._lean(items), self._sample(items), fast)
        if found.dtype != fast:
            name = str(fast).removeprefix("torch.")
            self._progress.say(f"{self._exact.info.name} runs in float32: {name} is not precise enough or not faster.")
        if note:
            write_atomically(note, json.dumps(found.note()).encode())
        return found

    def _sample(self, items: Items) -> Sample:
        """The items whose digests come first, whatever their order; texts are the shorter ones of them."""
        preprocess, rows = self._exact.preprocess, smallest(items.digests, SAMPLE)
        if not self._exact.fixed_shapes:
            rows = rows[np.argsort(items.lengths[rows], kind="stable")][: max(LEAST, len(rows) // 2)]
        ready: list[Any] = []

        def take(count: int) -> list[Any]:
            ready.extend(readying(preprocess, items, rows[len(ready) : count], None)())
            return ready[:count]

        targets = None if self._targets is None or len(self._targets) != len(items) else self._targets[rows]
        return Sample(take=take, most=len(rows), total=len(items), targets=targets)

    def _lean(self, items: Items) -> Backbone:
        if self._ready is None:
            batch = self._exact.preprocess.collate(self._sample(items).take(LEAST))
            self._ready = on_device(self._exact).lean(to_device(batch))
        return self._ready

    def _pass(
        self, items: Items, missing: NDArray[np.int64], space: FeatureSpace, name: str, view: View | None
    ) -> None:
        how, preprocess = self._how, self._exact.preprocess
        backbone = in_order(self._lean(items), how)
        if len(missing) >= THREADS_PAY:
            how = on_threads(how, backbone, self._sample(items))
        held: list[tuple[list[str], NDArray[np.float32]]] = []
        since, spent = time.perf_counter(), 0.0
        with self._progress.stage(name, total=len(missing)) as stage, how.running():
            for group, ready in self._ready_batches(items, missing, view):
                batch = preprocess.collate(ready)
                started = time.perf_counter()
                held.append(([items.digests[int(i)] for i in group], how.features(backbone, batch).numpy()))
                spent += time.perf_counter() - started
                stage.advance(len(group))
                if time.perf_counter() - since > SHARD_SECONDS:
                    _flush(space, held)
                    since = time.perf_counter()
        _flush(space, held)
        self._seconds_per_item = spent / len(missing)

    def _ready_batches(
        self, items: Items, missing: NDArray[np.int64], view: View | None
    ) -> Iterator[tuple[NDArray[np.int64], list[Any]]]:
        """Positions of missing items in batches, with the items ready to be collated.

        Batches are formed over all items, cached or not, so that a resumed pass meets those of the first attempt. Items
        of varying shape are made ready beforehand: how many travel together depends on their true lengths.
        """
        preprocess, everything = self._exact.preprocess, np.arange(len(items))
        wanted = np.zeros(len(items), dtype=bool)
        wanted[missing] = True
        if self._exact.fixed_shapes:
            groups = _some(_consecutive(everything, self._how.batch), wanted)
            work = [readying(preprocess, items, group, view) for group in groups]
            yield from zip(groups, prepared(work), strict=True)
            return
        known = foretold(preprocess, items)
        if known is not None:
            groups = _some(batches(known, most=MOST_TEXTS, budget=TOKENS), wanted)
            work = [readying(preprocess, items, group, view) for group in groups]
            yield from zip(groups, prepared(work), strict=True)
            return
        # One after the other: a tokenizer's calls are so short that two threads take each other's turn (1,000 tweets in
        # .10 s, not .05).
        ready = readying(preprocess, items, everything, view)()
        lengths = np.array([len(one) for one in ready], dtype=np.int64)
        for group in _some(batches(lengths, most=MOST_TEXTS, budget=TOKENS), wanted):
            yield group, [ready[position] for position in group]

    def _forward_seconds(self, items: Items) -> float:
        """Seconds of a bare forward pass over all items; measured on one batch when everything was cached."""
        if self._seconds_per_item is None:
            middle = max(0, (len(items) - BATCH) // 2)
            group = np.argsort(items.lengths, kind="stable")[middle : middle + BATCH]
            preprocess = self._exact.preprocess
            batch = preprocess.collate(readying(preprocess, items, group, None)())
            backbone = in_order(self._lean(items), self._how)
            self._how.features(backbone, batch)
            started = time.perf_counter()
            self._how.features(backbone, batch)
            self._seconds_per_item = (time.perf_counter() - started) / len(group)
        return self._seconds_per_item * len(items)


def foretold(preprocess: Preprocess, items: Items) -> NDArray[np.int64] | None:
    """Lengths ``(N,)`` of the items when they are made ready; None where only making them ready can tell."""
    if preprocess.foretold(1) is None:
        return None
    return np.array([preprocess.foretold(int(length)) for length in items.lengths], dtype=np.int64)


def _consecutive(positions: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [positions[start : start + size] for start in range(0, len(positions), size)]


def _some(groups: Sequence[NDArray[np.int64]], wanted: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """What is ``wanted (N,)`` of each group, without groups of which nothing is."""
    left = [group[wanted[group]] for group in groups]
    return [group for group in left if len(group)]


SEEDS = "of 16 bytes"
"""How seeds of random views are made of digests; a change makes features of older views unreachable."""


def view_seed(digest: str, view: int) -> int:
    """Seed of random view ``view`` of an item: equal content gives equal views, wherever it stands in the table."""
    return int(hashlib.sha256(f"{digest[: 2 * BYTES]} {view}".encode()).hexdigest()[:15], 16)


def readying(
    preprocess: Preprocess, items: Items, group: NDArray[np.int64], view: View | None
) -> Callable[[], list[Any]]:
    """The work of reading the items in ``group`` and making them ready for ``collate``, in the fixed or a random view.

    Collating is left to the consumer: it is the network's own thread that runs PyTorch on a batch.
    """

    def one(position: int) -> Any:
        raw = items.read(position, preprocess.least_side)
        if view is None:
            return preprocess.item(raw)
        return preprocess.view(raw, view_seed(items.digests[position], view.number), view.strength)

    return lambda: [one(int(position)) for position in group]


def weights_digest(backbone: Backbone) -> str:
    """SHA-256 over the SHA-256 of every parameter and buffer of the body, by name."""

    def digest(tensor: torch.Tensor) -> bytes:
        return hashlib.sha256(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data).digest()

    state = sorted(backbone.module.state_dict().items())
    with ThreadPoolExecutor(cores()) as pool:  # hashing lets other threads run
        digests = pool.map(digest, [tensor for _, tensor in state])
    whole = hashlib.sha256()
    for (name, _), part in zip(state, digests, strict=True):
        whole.update(name.encode() + b"\0" + part)
    return whole.hexdigest()


def _flush(space: FeatureSpace, held: list[tuple[list[str], NDArray[np.float32]]]) -> None:
    if held:
        space.add([digest for digests, _ in held for digest in digests], np.concatenate([rows for _, rows in held]))
        held.clear()
