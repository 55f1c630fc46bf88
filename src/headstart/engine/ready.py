"""Items made ready for collating, each text tokenised once per run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone
from headstart.engine.device import prepared
from headstart.engine.features import BATCH, foretold, readying
from headstart.engine.items import Items
from headstart.engine.views import View

TOKEN_BYTES = 36
"""Of a token in a list: a pointer and an integer object."""


class Ready:
    """``items`` as the preprocessing of ``backbone`` makes them ready.

    Ready texts are kept, being small; ready pictures and sounds are made again, being larger than the files they came
    from.
    """

    LARGEST = 256 * 1024**2
    """Bytes of ready texts held in memory; beyond it they are tokenised again."""

    def __init__(self, backbone: Backbone, items: Items) -> None:
        self.items = items
        self._preprocess = backbone.preprocess
        self._varying = not backbone.fixed_shapes
        self._foretold = foretold(backbone.preprocess, items) if self._varying else None
        self._kept: dict[int, Any] = {}
        self._bytes = 0
        self._lengths: NDArray[np.int64] | None = None

    def work(self, group: NDArray[np.int64], view: View | None) -> Callable[[], list[Any]]:
        """The work of making the items in ``group`` ready for ``collate``, in the fixed or a random view."""
        if view is not None and view.strength in self._preprocess.varied:
            return readying(self._preprocess, self.items, group, view)
        return lambda: [self._one(int(position)) for position in group]

    def lengths(self) -> NDArray[np.int64]:
        """Tokens of every text, steps of every sound ``(N,)``; ones for items of fixed shape."""
        if self._foretold is not None:
            return self._foretold
        if self._lengths is None:
            everything = np.arange(len(self.items))
            if self._varying:
                groups = [everything[start : start + BATCH] for start in range(0, len(everything), BATCH)]
                found = [len(one) for part in prepared([self.work(group, None) for group in groups]) for one in part]
                self._lengths = np.array(found, dtype=np.int64)
            else:
                self._lengths = np.ones(len(everything), dtype=np.int64)
        return self._lengths

    def _one(self, position: int) -> Any:
        if position in self._kept:
            return self._kept[position]
        (ready,) = readying(self._preprocess, self.items, np.array([position]), None)()
        if self._varying and self._foretold is None and self._bytes < self.LARGEST:
            self._kept[position] = ready
            self._bytes += TOKEN_BYTES * len(ready)
        return ready
