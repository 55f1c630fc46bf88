"""Outputs of frozen blocks, item by item: in memory, or in memory-mapped shards on disk.

A shard is a safetensors file. Of every tensor it holds the values of some items one after another, as they lie in
memory, and the shape of each item, so that texts take no room for padding and pictures keep their memory order. Values
are kept in the type they were computed in, bit for bit. Shards are written once, atomically, while the pass is under
way: a killed pass goes on after its last shard, and a damaged shard is removed and computed again. One that cannot be
read just now is left where it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from headstart.core.errors import HeadstartError
from headstart.core.progress import Progress
from headstart.engine.journal import write_atomically

POSITIONS, VALUES, SHAPES = "positions", "values ", "shapes "

Part = Mapping[str, torch.Tensor]
"""Activations of one item: tensors by name."""


class Unwritable(HeadstartError):
    """The disk takes no more activations."""


class Activations:
    """Activations of ``count`` items by position, in shards in ``folder`` (None: in memory).

    Raises:
        Unwritable: the folder cannot be made.
    """

    def __init__(self, count: int, folder: Path | None, progress: Progress) -> None:
        self._folder = folder
        self._shards: list[_Shard] = []
        self._shard_of = np.full(count, -1, dtype=np.int32)
        self._row_of = np.zeros(count, dtype=np.int32)
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from error
        for path in sorted(folder.glob("*.safetensors")):
            try:
                self._index(_mapped(path))
            except (SafetensorError, KeyError, IndexError, TypeError, ValueError):
                progress.say(f"The stored activations in '{path}' are damaged; they are removed and computed again.")
                path.unlink(missing_ok=True)
            except OSError as error:
                progress.say(f"The stored activations in '{path}' cannot be read ({error}); they are computed again.")

    def holds(self, positions: NDArray[np.int64]) -> bool:
        """Whether all of these items are here."""
        return bool((self._shard_of[positions] >= 0).all())

    def add(self, positions: NDArray[np.int64], parts: Sequence[Part]) -> None:
        """Keep the activations ``parts`` of the items at ``positions`` in one new shard.

        Raises:
            Unwritable: the shard cannot be written.
        """
        tensors, orders = _packed(positions, parts)
        if self._folder is None:
            self._index(_Shard(tensors, orders))
            return
        path = self._folder / f"{int(positions.min()):09d}.safetensors"
        try:
            write_atomically(path, save(tensors, {"orders": json.dumps(orders)}))
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self._index(_mapped(path))

    def take(self, positions: NDArray[np.int64]) -> list[dict[str, torch.Tensor]]:
        """Activations of the items at ``positions``; all of them must be here. Tensors read when they are used."""
        places = zip(self._shard_of[positions].tolist(), self._row_of[positions].tolist(), strict=True)
        return [self._shards[shard].part(row) for shard, row in places]

    def _index(self, shard: _Shard) -> None:
        self._shard_of[shard.positions] = len(self._shards)
        self._row_of[shard.positions] = np.arange(len(shard.positions))
        self._shards.append(shard)


def _unwritable(folder: Path, error: OSError) -> Unwritable:
    return Unwritable(f"Activations cannot be written to '{folder}': {(error.strerror or str(error)).lower()}.")


class _Shard:
    """Some items. ``orders`` tells by name which axis of an item comes first in memory, second, and so on."""

    def __init__(self, tensors: Mapping[str, torch.Tensor], orders: Mapping[str, Sequence[int]]) -> None:
        self.positions = tensors[POSITIONS].numpy()
        self._values = {name: tensors[VALUES + name] for name in orders}
        self._shapes = {name: tensors[SHAPES + name] for name in orders}
        sizes = {name: shapes.prod(dim=1) for name, shapes in self._shapes.items()}
        self._ends = {name: size.cumsum(dim=0) for name, size in sizes.items()}
        self._axes = {name: [order.index(axis) for axis in range(len(order))] for name, order in orders.items()}

    def part(self, row: int) -> dict[str, torch.Tensor]:
        """Activations of one item, as views of what is stored."""
        found = {}
        for name, values in self._values.items():
            shape, end = self._shapes[name][row].tolist(), int(self._ends[name][row])
            found[name] = values[end - math.prod(shape) : end].view(shape).permute(self._axes[name])
        return found


def _packed(
    positions: NDArray[np.int64], parts: Sequence[Part]
) -> tuple[dict[str, torch.Tensor], dict[str, list[int]]]:
    tensors = {POSITIONS: torch.from_numpy(np.ascontiguousarray(positions))}
    orders = {}
    for name, first in parts[0].items():
        orders[name] = sorted(range(first.ndim), key=first.stride, reverse=True)
        laid = [part[name].permute(orders[name]) for part in parts]
        tensors[VALUES + name] = torch.cat([tensor.reshape(-1) for tensor in laid])
        shapes = torch.tensor([tensor.shape for tensor in laid], dtype=torch.int64)
        tensors[SHAPES + name] = shapes.reshape(len(parts), first.ndim)
    return tensors, orders


def _mapped(path: Path) -> _Shard:
    """The shard in a file, its values mapped into memory: pages are read when they are used, and may be dropped."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        return _Shard(tensors, json.loads((file.metadata() or {})["orders"]))
