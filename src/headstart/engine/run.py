"""What all pieces of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone
from headstart.core.progress import Progress
from headstart.core.task import Task
from headstart.engine.items import Items
from headstart.engine.journal import Journal
from headstart.engine.operations import operations
from headstart.engine.options import Options
from headstart.engine.plan import Plan
from headstart.engine.ready import Ready
from headstart.engine.room import Room


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """The training items with their targets ``(N,)``, ties ``(N,)`` and the folds ``(R, N)`` all candidates share."""

    items: Items
    targets: NDArray[np.int64]
    groups: NDArray[np.int64]
    folds: NDArray[np.integer]
    task: Task

    def repeated(self, copies: int) -> Labelled:
        """All of targets, ties and folds ``copies`` times over, for as many rows of every item."""
        if copies == 1:
            return self
        targets, groups, folds = (np.tile(one, copies) for one in (self.targets, self.groups, self.folds))
        return replace(self, targets=targets, groups=groups, folds=folds)


@dataclass(frozen=True, kw_only=True)
class Run:
    """Options, plan and training data, the journal that finished pieces go to, who is told about it, and the room for
    activations. ``made_ready`` is for `ready` alone.
    """

    options: Options
    plan: Plan
    data: Labelled
    journal: Journal
    progress: Progress
    room: Room = field(default_factory=Room)
    made_ready: dict[str, Ready] = field(default_factory=dict)

    def ready(self, backbone: Backbone) -> Ready:
        """The training items as ``backbone`` reads them; one object for all that read alike."""
        return self.made_ready.setdefault(backbone.preprocess.key, Ready(backbone, self.data.items))

    def rate(self, backbone: Backbone) -> float:
        """What one pass of ``backbone`` counts against the plan's passes."""
        speed = self.plan.speed
        return 1.0 if speed is None else operations(backbone, self.data.items) / speed.operations
