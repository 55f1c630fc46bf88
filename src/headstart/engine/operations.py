"""How much arithmetic a backbone does, counted on one item: the same on every machine."""

from __future__ import annotations

import numpy as np

from headstart.core.backbone import Backbone
from headstart.core.flops import counted
from headstart.core.training import InputStrategy
from headstart.engine.features import readying
from headstart.engine.items import Items


def operations(backbone: Backbone, items: Items) -> int:
    """Multiply-adds times two of one forward pass over the first of ``items``."""
    batch = backbone.preprocess.collate(readying(backbone.preprocess, items, np.arange(1), None)())
    return counted(lambda: backbone.encode(batch))


def trained_share(backbone: Backbone, strategy: InputStrategy, items: Items) -> float:
    """Share of a forward pass that lies in the blocks the strategy trains.

    Raises:
        UserError: the strategy would train nothing of this backbone.
    """
    frozen = strategy.prepare(backbone).frozen_blocks
    if frozen == 0:
        return 1.0
    batch = backbone.preprocess.collate(readying(backbone.preprocess, items, np.arange(1), None)())
    whole = counted(lambda: backbone.encode(batch))
    below = counted(lambda: backbone.lower(batch, frozen))
    return max(0.01, 1 - below / whole)
