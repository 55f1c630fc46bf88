"""Which looks at the items training takes."""

from __future__ import annotations

from dataclasses import dataclass

from headstart.core.backbone import Strength
from headstart.core.training import Schedule

MOST = 8
"""Random views of an item that frozen blocks see at most; epoch e shows view e modulo their number."""


@dataclass(frozen=True)
class View:
    """Random view ``number`` of every item: what it shows follows from the item's content."""

    number: int
    strength: Strength = "mild"

    def __str__(self) -> str:
        return f"{self.number}" if self.strength == "mild" else f"{self.number} {self.strength}"


@dataclass(frozen=True, kw_only=True)
class Views:
    """``count`` random views of one ``strength``, shown in turn; none: the fixed view."""

    count: int = 0
    strength: Strength = "mild"

    @classmethod
    def of(cls, schedule: Schedule) -> Views:
        """Those that a schedule asks for."""
        if schedule.augment == "none":
            return cls()
        return cls(count=min(schedule.epochs, MOST), strength=schedule.augment)
