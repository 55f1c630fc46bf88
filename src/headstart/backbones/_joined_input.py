"""One item as several models read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headstart.core.backbone import Preprocess, Strength

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Reading:
    """An item made ready for every model; as long as the longest of them."""

    parts: tuple[Any, ...]

    def __len__(self) -> int:
        return max(len(part) for part in self.parts)


class JoinedPreprocess(Preprocess):
    """The preprocessing of every part, side by side; what `collate` gives of part 0 is called ``0.NAME``.

    Immutable; copies share it.

    Attributes:
        parts: of each model its own, all reading pictures at the scale that the most demanding of them asks for.
    """

    def __init__(self, parts: Sequence[Preprocess]) -> None:
        self.modality = parts[0].modality
        sides = [part.least_side for part in parts]
        self.least_side = None if None in sides else max(side for side in sides if side is not None)
        self.parts = tuple(part.asking_for(self.least_side) for part in parts)
        self.varied = frozenset[Strength]().union(*(part.varied for part in parts))

    def __deepcopy__(self, memo: object) -> JoinedPreprocess:
        return self

    def asking_for(self, least_side: int | None) -> JoinedPreprocess:
        """See `Preprocess.asking_for`."""
        return JoinedPreprocess([part.asking_for(least_side) for part in self.parts])

    @property
    def key(self) -> str:
        """See `Preprocess.key`."""
        return json.dumps({"joined": [json.loads(part.key) for part in self.parts]}, sort_keys=True)

    def item(self, raw: Any) -> Reading:
        """The item as every part reads it."""
        return Reading(tuple(part.item(raw) for part in self.parts))

    def view(self, raw: Any, seed: int, strength: Strength = "mild") -> Reading:
        """A view of every part, drawn from the same ``seed``."""
        return Reading(tuple(part.view(raw, seed, strength) for part in self.parts))

    def foretold(self, length: int) -> int | None:
        """See `Preprocess.foretold`; None where a part cannot tell."""
        told = [part.foretold(length) for part in self.parts]
        return None if None in told else max(count for count in told if count is not None)

    def collate(self, ready: Sequence[Reading]) -> dict[str, torch.Tensor]:
        """What every part collates."""
        return together([part.collate([one.parts[number] for one in ready]) for number, part in enumerate(self.parts)])


def together(parts: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Tensors of several models under one roof: ``NAME`` of the first is called ``0.NAME``."""
    return {f"{number}.{name}": tensor for number, part in enumerate(parts) for name, tensor in part.items()}


def apart(tensors: Mapping[str, torch.Tensor], count: int) -> list[dict[str, torch.Tensor]]:
    """What `together` was given by ``count`` models."""
    parts: list[dict[str, torch.Tensor]] = [{} for _ in range(count)]
    for name, tensor in tensors.items():
        number, _, own = name.partition(".")
        parts[int(number)][own] = tensor
    return parts
