"""The frozen blocks of one body: their outputs never change, so they are computed once per view and stored.

`room.py` says where, or that it does not pay or does not fit; they are then run again in every epoch.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.core.backbone import Backbone
from headstart.engine.activations import Activations, Part, Unwritable
from headstart.engine.device import autocast, on_device, prepared, to_device
from headstart.engine.features import BATCH, MOST_TEXTS, SHARD_SECONDS, TOKENS, weights_digest
from headstart.engine.items import batches
from headstart.engine.ready import Ready
from headstart.engine.room import Need, Place, Room
from headstart.engine.views import View, Views

SHARD = 32 * 1024**2
"""Bytes after which a shard of activations is written, if `SHARD_SECONDS` have not passed before."""
SAMPLE = 8
"""Items that tell how large activations are and how long they take."""


class Frozen:
    """``blocks[:boundary]`` of ``backbone``, run in ``dtype`` on the items of ``ready``.

    ``views`` are those that will be asked for.
    """

    def __init__(
        self, backbone: Backbone, boundary: int, ready: Ready, *, views: Views, dtype: torch.dtype, room: Room
    ) -> None:
        self._backbone = backbone
        self._boundary = boundary
        self._ready = ready
        self._expected = views
        self._dtype = dtype
        self._room = room
        self._kept: dict[View | None, Activations] = {}
        self._explained = False

    @property
    def stored(self) -> bool:
        """Whether `kept` keeps anything."""
        return self._place.kind != "nowhere"

    def kept(self, view: View | None) -> Activations | None:
        """Outputs for all items in a view, computed if they are not there; None if they are not stored.

        Of all items, not of those asked for: then no batch depends on who asks first, and no value does.
        """
        if not self.stored:
            self._explain()
            return None
        if view not in self._kept:
            self._room.grant(self._name, self._place)
            folder = self._room.folder(self._name) / f"view {view}" if self._place.kind == "disk" else None
            try:
                found = Activations(len(self._ready.items), folder, self._room.progress)
                self._fill(found, view)
            except Unwritable as error:
                self._kept.clear()
                reason = f"{error} Frozen blocks are run again in every epoch, which is slower."
                self._place = self._room.withdraw(self._name, reason)
                self._explain()
                return None
            self._kept[view] = found
        return self._kept[view]

    def lower(self, batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Outputs for one batch, in evaluation mode and without gradients."""
        with torch.no_grad(), autocast(self._dtype):
            return self._copy.lower(batch, self._boundary)

    def give_back(self) -> None:
        """Let go of what is stored; a journal keeps its files, so that a killed run finds them."""
        if self._kept and (self._place.kind == "memory" or not self._room.lasting):
            self._room.remove(self._name)
        self._kept.clear()
        vars(self).pop("_copy", None)  # made again if it is needed again; holds the whole network on the device

    def _explain(self) -> None:
        """Say once why nothing is stored."""
        if not self._explained:
            self._room.progress.say(self._place.reason)
        self._explained = True

    @cached_property
    def _copy(self) -> Backbone:
        return on_device(self._backbone)

    @cached_property
    def _name(self) -> str:
        """Everything that outputs depend on, but the view."""
        info, digests = self._backbone.info, "\n".join(self._ready.items.digests)
        identity = {
            "model": info.name,
            "sha256": info.sha256,
            "weights": weights_digest(self._backbone),
            "preprocess": self._backbone.preprocess.key,
            "boundary": self._boundary,
            "views": str(self._expected),
            "dtype": str(self._dtype),
            "items": hashlib.sha256(digests.encode()).hexdigest(),
        }
        return json.dumps(identity, sort_keys=True)

    @cached_property
    def _place(self) -> Place:
        return self._room.place(self._name, self._backbone.info.name, self._need)

    def _need(self) -> Need:
        """Estimated from a few items between the shortest and the longest; bytes grow evenly with the length."""
        lengths = self._ready.lengths()
        among = np.linspace(0, len(lengths) - 1, min(SAMPLE, len(lengths))).astype(np.int64)
        few = np.argsort(lengths, kind="stable")[among]
        started = time.perf_counter()
        batch = self._backbone.preprocess.collate(
            self._ready.work(few, View(0, self._expected.strength) if self._expected.count else None)()
        )
        reading = time.perf_counter() - started
        self._parts(batch)  # the first pass also sets up the arithmetic
        started = time.perf_counter()
        sizes = [_bytes(part) for part in self._parts(batch)]
        seconds = (reading + time.perf_counter() - started) / len(few)
        slope = (sizes[-1] - sizes[0]) / max(1, lengths[few[-1]] - lengths[few[0]])
        total = float((sizes[0] + slope * (lengths - lengths[few[0]])).sum())
        views = max(1, self._expected.count)
        return Need(bytes=round(total * views), seconds=seconds * len(lengths) * views)

    def _fill(self, kept: Activations, view: View | None) -> None:
        """Compute what is not there yet, in batches that do not depend on what is there."""
        groups = [group for group in self._groups() if not kept.holds(group)]
        rows: list[NDArray[np.int64]] = []
        held: list[dict[str, torch.Tensor]] = []
        size, since = 0, time.perf_counter()
        for group, ready in zip(groups, prepared([self._ready.work(g, view) for g in groups]), strict=True):
            parts = self._parts(self._backbone.preprocess.collate(ready))
            rows.append(group)
            held += parts
            size += sum(_bytes(part) for part in parts)
            if size >= SHARD or time.perf_counter() - since > SHARD_SECONDS:
                kept.add(np.concatenate(rows), held)
                rows, held, size, since = [], [], 0, time.perf_counter()
        if held:
            kept.add(np.concatenate(rows), held)

    def _groups(self) -> list[NDArray[np.int64]]:
        """The batches of a pass; texts of similar length travel together."""
        if self._backbone.fixed_shapes:
            everything = np.arange(len(self._ready.items))
            return [everything[start : start + BATCH] for start in range(0, len(everything), BATCH)]
        return batches(self._ready.lengths(), most=MOST_TEXTS, budget=TOKENS)

    def _parts(self, batch: Mapping[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """Outputs for each item of a batch, on the CPU."""
        activations = self.lower(to_device(batch))
        return self._backbone.split({name: tensor.cpu() for name, tensor in activations.items()})


def _bytes(part: Part) -> int:
    return sum(tensor.nbytes for tensor in part.values())
