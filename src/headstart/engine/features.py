"""One pass of a frozen trunk over the items: the only time the network sees them while it is frozen."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, Preprocess
from headstart.core.progress import Progress
from headstart.engine.cache import FeatureSpace
from headstart.engine.device import fast_dtype, forward, on_device, precise_enough, prepared, to_device
from headstart.engine.items import Items, batches

BATCH = 32
CHARACTERS = 32 * 512
"""Padded characters of a batch of texts: about 32 texts of 128 tokens."""
SHARD_SECONDS = 3.0
"""A shard is written after this much work, so that a killed pass loses no more."""
CHECKED = 8
"""Items on which the fast dtype is compared with float32 before it is used."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Features ``(N, D)`` of N items, how many were computed now, and the seconds of a bare forward pass over N."""

    features: NDArray[np.float32]
    computed: int
    forward_seconds: float
    dtype: str


class Encoder:
    """Encodes items with one backbone: picks the dtype once, then serves every pass from the cache or the network.

    ``home=None`` keeps nothing on disk.
    """

    def __init__(self, backbone: Backbone, home: Path | None, progress: Progress) -> None:
        self._exact = backbone
        self._home = home
        self._progress = progress
        self._weights = weights_digest(backbone) if home else ""
        self._ready: Backbone | None = None
        self._dtype = fast_dtype()
        self._seconds_per_item: float | None = None

    @property
    def dtype(self) -> torch.dtype:
        """What is multiplied in; settled by the first pass."""
        return self._dtype

    def encode(self, items: Items, name: str, view: int | None = None) -> Encoded:
        """Features of ``items``: of the one fixed view, or of random training view number ``view``.

        ``name`` is shown as the progress stage.
        """
        space = self._space(view)
        missing = np.asarray(space.missing(items.digests), dtype=np.int64)
        if len(missing) and self._ready is None:
            self._make_ready(items.subset(missing[:CHECKED]))
            space = self._space(view)
            missing = np.asarray(space.missing(items.digests), dtype=np.int64)
        if len(missing):
            self._pass(items, missing, space, name, view)
        return Encoded(
            features=space.take(items.digests),
            computed=len(missing),
            forward_seconds=self._forward_seconds(items),
            dtype=str(self._dtype).removeprefix("torch."),
        )

    def _space(self, view: int | None) -> FeatureSpace:
        return FeatureSpace(
            self._home,
            self._progress,
            preprocess=self._exact.preprocess.key,
            weights=self._weights,
            layer="pooled" if view is None else f"pooled/view {view}",
            dtype=str(self._dtype),
        )

    def _make_ready(self, sample: Items) -> Backbone:
        """Take the leaner backbone, and keep the fast dtype only if features computed in it agree with float32."""
        batch = self._exact.preprocess.collate(readying(self._exact.preprocess, sample, np.arange(len(sample)), None)())
        original = on_device(self._exact)
        self._ready = original.lean(to_device(batch))
        if self._dtype != torch.float32:
            exact = forward(original, batch, torch.float32)
            if not precise_enough(exact, forward(self._ready, batch, self._dtype)):
                self._progress.say(f"{self._exact.info.name} loses too much in {self._dtype}; float32 is used.")
                self._dtype = torch.float32
        return self._ready

    def _pass(self, items: Items, missing: NDArray[np.int64], space: FeatureSpace, name: str, view: int | None) -> None:
        wanted = np.zeros(len(items), dtype=bool)
        wanted[missing] = True
        # Batches are formed over all items, cached or not: a resumed pass meets the batches of the first attempt.
        groups = [group[wanted[group]] for group in batches(items.lengths, most=BATCH, budget=CHARACTERS)]
        groups = [group for group in groups if len(group)]
        backbone = self._ready or self._make_ready(items.subset(missing[:CHECKED]))
        held: list[tuple[list[str], NDArray[np.float32]]] = []
        since, spent, preprocess = time.perf_counter(), 0.0, self._exact.preprocess
        with self._progress.stage(name, total=len(missing)) as stage:
            for group, ready in zip(
                groups, prepared([readying(preprocess, items, group, view) for group in groups]), strict=True
            ):
                batch = preprocess.collate(ready)
                started = time.perf_counter()
                held.append(([items.digests[i] for i in group], forward(backbone, batch, self._dtype).numpy()))
                spent += time.perf_counter() - started
                stage.advance(len(group))
                if time.perf_counter() - since > SHARD_SECONDS:
                    _flush(space, held)
                    since = time.perf_counter()
        _flush(space, held)
        self._seconds_per_item = spent / len(missing)

    def _forward_seconds(self, items: Items) -> float:
        """Seconds of a bare forward pass over all items; measured on one batch when everything was cached."""
        if self._seconds_per_item is None:
            group = batches(items.lengths, most=BATCH, budget=CHARACTERS)[len(items) // BATCH // 2]
            preprocess = self._exact.preprocess
            batch = preprocess.collate(readying(preprocess, items, group, None)())
            backbone = self._ready or self._make_ready(items.subset(group[:CHECKED]))
            forward(backbone, batch, self._dtype)
            started = time.perf_counter()
            forward(backbone, batch, self._dtype)
            self._seconds_per_item = (time.perf_counter() - started) / len(group)
        return self._seconds_per_item * len(items)


def view_seed(digest: str, view: int) -> int:
    """Seed of random view ``view`` of an item: equal content gives equal views, wherever it stands in the table."""
    return int(hashlib.sha256(f"{digest} {view}".encode()).hexdigest()[:15], 16)


def readying(
    preprocess: Preprocess, items: Items, group: NDArray[np.int64], view: int | None
) -> Callable[[], list[Any]]:
    """The work of reading the items in ``group`` and making them ready for ``collate``, in the fixed or a random view.

    Collating is left to the consumer, so that PyTorch itself is called from one thread only.
    """

    def work() -> list[Any]:
        if view is None:
            return [preprocess.item(items.read(int(i))) for i in group]
        return [preprocess.view(items.read(int(i)), view_seed(items.digests[i], view)) for i in group]

    return work


def weights_digest(backbone: Backbone) -> str:
    """SHA-256 over all parameters and buffers of the body, by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(backbone.module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _flush(space: FeatureSpace, held: list[tuple[list[str], NDArray[np.float32]]]) -> None:
    if held:
        space.add([digest for digests, _ in held for digest in digests], np.concatenate([rows for _, rows in held]))
        held.clear()
