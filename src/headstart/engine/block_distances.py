"""Where in a body two sides part: how well they are told apart by what each block gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone
from headstart.core.domain_card import BlockDistance
from headstart.core.errors import UserError
from headstart.distances.two_sample import separability
from headstart.engine.features import Encoder
from headstart.engine.items import Items

MOST = 200
"""Items of a side: their features have to be taken for it, by all blocks."""


@dataclass(frozen=True, kw_only=True)
class BlockReader:
    """A frozen body that reads both sides block by block, as ``encoder`` was settled."""

    backbone: Backbone
    encoder: Encoder
    home: Path

    def distances(self, first: Items, second: Items, seed: int) -> tuple[BlockDistance, ...]:
        """Separability of the first `MOST` items of both sides, which come in random order, by the output of every
        block, averaged over positions; none where the body can be read at its end only.
        """
        try:
            layered = self.backbone.layered()
        except UserError:
            return ()
        encoder = self.encoder.alike(layered, self.home)
        count = min(len(first), len(second), MOST)
        sides = [
            np.asarray(encoder.encode(items.subset(np.arange(count)), f"what blocks say of {name}").features)
            for name, items in (("one side", first), ("the other side", second))
        ]
        rows: NDArray[np.float32] = np.concatenate(sides)
        ends = np.cumsum(layered.widths)
        return tuple(
            BlockDistance(block=block.name, separability=separability(part, count, seed=seed))
            for block, part in zip(self.backbone.blocks, np.split(rows, ends[:-1], axis=1), strict=True)
        )
