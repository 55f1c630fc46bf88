"""What all pieces of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

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

ENOUGH_DOMAINS = 50
"""Domains that say how a difference varies between them. Of fewer, the one discordant observation that is added to
every comparison (`headstart.engine.compare`) would be a whole domain, and outweigh what was measured."""


def units_of(groups: NDArray[np.int64], ties: NDArray[np.int64]) -> NDArray[np.int64]:
    """What counts as one observation, ``(N,)``, where two predictors are compared: `Labelled.groups` and, of fewer than
    `ENOUGH_DOMAINS` domains, their items by `Labelled.ties`. Nothing could be told from three domains alone: such a
    comparison is about these domains, and the spread between folds is what they add to that of the items.
    """
    return groups if len(np.unique(groups)) >= ENOUGH_DOMAINS else ties


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """The training items with their targets ``(N,)`` and the folds ``(R, N)`` all candidates share.

    ``ties (N,)`` tell copies and what the user's groups hold together; ``groups (N,)`` what is learnt from and scored
    as a whole, the ``domains (N,)`` where the data name them and else the ties.
    """

    items: Items
    targets: NDArray[np.int64]
    groups: NDArray[np.int64]
    ties: NDArray[np.int64]
    folds: NDArray[np.integer]
    task: Task
    domains: NDArray[np.int64] | None = None

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """See `units_of`."""
        return units_of(self.groups, self.ties)

    def repeated(self, copies: int) -> Labelled:
        """All but the items ``copies`` times over, for as many rows of every item."""
        if copies == 1:
            return self
        targets, groups, ties, folds = (
            np.tile(one, copies) for one in (self.targets, self.groups, self.ties, self.folds)
        )
        domains = None if self.domains is None else np.tile(self.domains, copies)
        return replace(self, targets=targets, groups=groups, ties=ties, folds=folds, domains=domains)


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
