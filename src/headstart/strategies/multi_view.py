"""Frozen body, linear head, several looks at every item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from headstart.core.backbone import BackboneInfo
from headstart.core.settings import Meaning
from headstart.core.task import Task
from headstart.strategies._ridge import Ridge


@dataclass(frozen=True, kw_only=True)
class MultiView(Ridge):
    """The linear probe with ``views`` random crops and flips of every training item as rows of their own.

    Augmentation for the price of one pass per view. An item and its views are left out together where the penalty is
    chosen, and stand in one fold; what is predicted, in the folds and later, is the fixed view alone.
    """

    summary: ClassVar[str] = "A linear head on the frozen features of several random views of every item."
    candidate: ClassVar[bool] = False

    views: Annotated[int, Meaning(says="Random views of every training item.", low=1)] = 2

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Items that have views."""
        del task
        return f"{info.modality}s have one view only." if info.modality == "text" else None
