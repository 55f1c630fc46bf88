"""What the supervised loop reads: batches of items made ready or, above frozen blocks, of those blocks' outputs.

One `Inputs` serves every fit that starts at the same boundary of the same body: all folds and the refit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.core.backbone import Backbone
from headstart.core.training import batch_sizes
from headstart.engine.activations import Activations
from headstart.engine.device import accelerator, prepared, to_device
from headstart.engine.frozen import Frozen
from headstart.engine.items import ahead
from headstart.engine.ready import Ready
from headstart.engine.room import Room
from headstart.engine.views import View, Views

BUCKET = 8
"""Batches whose items are sorted by length together: padding shrinks while the order stays random."""


class Inputs:
    """Batches of the items of ``ready`` for the blocks of ``backbone`` from ``boundary`` on.

    ``views`` are shown in turn, where the items have any; ``dtype`` is what the frozen blocks compute in.
    """

    def __init__(
        self, backbone: Backbone, boundary: int, ready: Ready, *, views: Views, dtype: torch.dtype, room: Room
    ) -> None:
        self._backbone = backbone
        self._ready = ready
        self.views = views if views.strength in backbone.preprocess.varied else Views()
        below = Frozen(backbone, boundary, ready, views=self.views, dtype=dtype, room=room)
        self._frozen = below if boundary else None

    @property
    def count(self) -> int:
        """How many items there are."""
        return len(self._ready.items)

    @property
    def stored(self) -> bool:
        """Whether outputs of frozen blocks are computed once per view, and not in every epoch of every fit."""
        return self._frozen is not None and self._frozen.stored

    def epoch(
        self, rows: NDArray[np.int64], *, seed: int, epoch: int, size: int, turn: int = 0
    ) -> Iterator[tuple[torch.Tensor, Mapping[str, torch.Tensor]]]:
        """Every batch of an epoch over the items ``rows (n,)``: positions ``(B,)`` among them, and what to train on.

        Views are functions of ``seed`` and ``epoch``, the order also of the ``turn`` where an epoch takes several.
        """
        groups = batches_of(self._ready.items.lengths[rows], size, np.random.default_rng(mixed(seed, epoch, turn)))
        yield from self._batches(rows, groups, self._view(seed, epoch))

    def fixed(self, rows: NDArray[np.int64], size: int) -> Iterator[tuple[torch.Tensor, Mapping[str, torch.Tensor]]]:
        """Every batch of the items ``rows (n,)`` in their fixed view, the shortest first: like `epoch`."""
        order = np.argsort(self._ready.items.lengths[rows], kind="stable")
        yield from self._batches(rows, [order[start : start + size] for start in range(0, len(order), size)], None)

    def _batches(
        self, rows: NDArray[np.int64], groups: Sequence[NDArray[np.int64]], view: View | None
    ) -> Iterator[tuple[torch.Tensor, Mapping[str, torch.Tensor]]]:
        positions = [rows[group] for group in groups]
        # Stored are the views that are trained on: the fixed one where there are no others.
        kept = self._frozen.kept(view) if self._frozen and (view is None) == (self.views.count == 0) else None
        made = self._gathered(kept, positions) if kept else self._computed(positions, view)
        for group, batch in zip(groups, made, strict=True):
            yield torch.from_numpy(group), _exact(batch)

    def give_back(self) -> None:
        """Let go of what is stored; it is computed anew if it is asked for again."""
        if self._frozen:
            self._frozen.give_back()

    def _view(self, seed: int, epoch: int) -> View | None:
        """The view that an epoch shows: new ones only without frozen blocks, so that storing changes no result."""
        if not self.views.count:
            return None
        return View(mixed(seed, epoch % self.views.count if self._frozen else epoch), self.views.strength)

    def _gathered(self, kept: Activations, groups: Sequence[NDArray[np.int64]]) -> Iterator[dict[str, torch.Tensor]]:
        """Batches of stored activations: read ahead of an accelerator, in turn with a processor."""
        work = [lambda group=group: self._backbone.join(kept.take(group)) for group in groups]
        for batch in ahead(work) if accelerator().device.type != "cpu" else (piece() for piece in work):
            yield to_device(batch)

    def _computed(self, groups: Sequence[NDArray[np.int64]], view: View | None) -> Iterator[dict[str, torch.Tensor]]:
        """Batches of the items themselves, or of outputs of frozen blocks that are not kept."""
        for ready in prepared([self._ready.work(group, view) for group in groups]):
            batch = to_device(self._backbone.preprocess.collate(ready))
            yield self._frozen.lower(batch) if self._frozen else batch


def batches_of(lengths: NDArray[np.int64], size: int, random: np.random.Generator) -> list[NDArray[np.int64]]:
    """Random batches of items of similar lengths, of the sizes that `batch_sizes` says."""
    shuffled = random.permutation(len(lengths))
    ends = np.cumsum(batch_sizes(len(lengths), size))
    groups: list[NDArray[np.int64]] = []
    for first in range(0, len(ends), BUCKET):
        own = ends[first : first + BUCKET]
        start = ends[first - 1] if first else 0
        bucket = shuffled[start : own[-1]]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        groups += np.split(bucket, own[:-1] - start)
    return [groups[i] for i in random.permutation(len(groups))]


def mixed(seed: int, *numbers: int) -> int:
    """A seed for each of ``numbers``, such as epochs."""
    return int(np.random.SeedSequence([seed, *numbers]).generate_state(1)[0])


def _exact(activations: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """In float32, which autocast takes as readily as a narrower type, and training without it needs."""
    return {name: t.float() if t.is_floating_point() else t for name, t in activations.items()}
