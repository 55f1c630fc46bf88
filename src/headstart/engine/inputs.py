"""What the supervised loop reads: batches of decoded items or, above frozen blocks, of those blocks' outputs.

While blocks are frozen their outputs never change, so they are computed once per view and kept in memory. One
`Inputs` serves every fit that starts at the same boundary of the same body: all folds and the refit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.core.backbone import Backbone
from headstart.engine.device import accelerator, autocast, on_device, prepared
from headstart.engine.features import BATCH, readying
from headstart.engine.items import Items

BUCKET = 8
"""Batches whose items are sorted by length together: padding shrinks while the order stays random."""
VIEWS = 8
"""Different random views of an item that frozen blocks see; epoch e shows view e modulo this."""


class Inputs:
    """Batches of ``items`` for the blocks of ``backbone`` from ``boundary`` on.

    ``views`` asks for random views instead of the fixed one; ``dtype`` is what the frozen blocks compute in.
    """

    LARGEST = 2 * 1024**3
    """Bytes of activations held in memory; beyond it the frozen blocks are run again in every epoch."""

    def __init__(self, backbone: Backbone, boundary: int, items: Items, *, views: bool, dtype: torch.dtype) -> None:
        self._backbone = on_device(backbone) if boundary else backbone
        self._preprocess = backbone.preprocess
        self._boundary = boundary
        self._items = items
        self._views = views
        self._dtype = dtype
        self._stored: dict[int | None, dict[str, torch.Tensor]] = {}

    def epoch(
        self, rows: NDArray[np.int64], *, seed: int, epoch: int, size: int
    ) -> Iterator[tuple[torch.Tensor, Mapping[str, torch.Tensor]]]:
        """Every batch of an epoch over the items ``rows (n,)``: positions ``(B,)`` among them, and what to train on.

        Order and views are functions of ``seed`` and ``epoch``.
        """
        groups = batches_of(self._items.lengths[rows], size, np.random.default_rng(mixed(seed, epoch)))
        view = self._view(seed, epoch)
        if self._boundary and self._backbone.fixed_shapes and self._fits():
            stored = self._activations(view)
            for group in groups:
                chosen = torch.from_numpy(rows[group])
                yield torch.from_numpy(group), _exact({name: _to(t[chosen]) for name, t in stored.items()})
            return
        for group, batch in zip(groups, self._batches([rows[group] for group in groups], view), strict=True):
            yield torch.from_numpy(group), _exact(self._lower(batch)) if self._boundary else batch

    def _view(self, seed: int, epoch: int) -> int | None:
        """Number of the view that an epoch shows: always a new one where nothing is kept of the old ones."""
        if not self._views:
            return None
        return mixed(seed, epoch % VIEWS if self._boundary else epoch)

    def _activations(self, view: int | None) -> dict[str, torch.Tensor]:
        """Of all items, not of the rows asked for: then no batch depends on who asks first, and no value does."""
        if view not in self._stored:
            groups = np.array_split(np.arange(len(self._items)), math.ceil(len(self._items) / BATCH))
            parts = [self._lower(batch) for batch in self._batches(groups, view)]
            self._stored[view] = {name: torch.cat([part[name].cpu() for part in parts]) for name in parts[0]}
        return self._stored[view]

    def _fits(self) -> bool:
        sample = self._lower(next(self._batches([np.arange(1)], None)))
        one = sum(tensor.nbytes for tensor in sample.values())
        return one * len(self._items) * (VIEWS if self._views else 1) <= self.LARGEST

    def _lower(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        with torch.no_grad(), autocast(self._dtype):
            return self._backbone.lower(batch, self._boundary)

    def _batches(self, groups: Sequence[NDArray[np.int64]], view: int | None) -> Iterator[dict[str, torch.Tensor]]:
        for ready in prepared([readying(self._preprocess, self._items, group, view) for group in groups]):
            yield {name: _to(tensor) for name, tensor in self._preprocess.collate(ready).items()}


def batches_of(lengths: NDArray[np.int64], size: int, random: np.random.Generator) -> list[NDArray[np.int64]]:
    """Random batches of ``size`` whose members have similar lengths; a last batch of one joins its neighbour.

    BatchNorm cannot normalise a batch of one, and a step on a single item is mostly noise.
    """
    shuffled = random.permutation(len(lengths))
    groups: list[NDArray[np.int64]] = []
    for start in range(0, len(shuffled), size * BUCKET):
        bucket = shuffled[start : start + size * BUCKET]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        groups += [bucket[i : i + size] for i in range(0, len(bucket), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        last = groups.pop()
        groups[-1] = np.concatenate([groups[-1], last])
    return [groups[i] for i in random.permutation(len(groups))]


def mixed(seed: int, epoch: int) -> int:
    """The seed of an epoch."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


def _to(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(accelerator().device)


def _exact(activations: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """In float32, which autocast takes as readily as a narrower type, and training without it needs."""
    return {name: t.float() if t.is_floating_point() else t for name, t in activations.items()}
