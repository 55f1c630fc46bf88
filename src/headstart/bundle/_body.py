"""The body of a served transfer, run as it was where its head was fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, Exported
from headstart.engine.arithmetic import LEAST, Arithmetic, in_order
from headstart.engine.device import on_device, to_device
from headstart.engine.features import MOST_TEXTS, TOKENS
from headstart.engine.items import batches


class Body:
    """Features of items that are made ready. The first of them make the body lean (`Backbone.lean`)."""

    def __init__(self, model: Exported, note: Mapping[str, Any]) -> None:
        """``note`` is what `Arithmetic.note` gave of the run that fitted the head; empty for float32."""
        self._model = model
        self._arithmetic = Arithmetic.here(note)
        self._lean: Backbone | None = None

    def features(self, ready: Sequence[Any]) -> NDArray[np.float32]:
        """``(N, D)`` of N items, in their order; those that vary in length share batches with others about as long."""
        if self._model.backbone.fixed_shapes:
            return self._forward(ready)
        lengths = np.array([len(item) for item in ready], dtype=np.int64)
        found = np.empty((len(ready), self._model.backbone.info.dim), dtype=np.float32)
        for group in batches(lengths, most=MOST_TEXTS, budget=TOKENS):
            found[group] = self._forward([ready[row] for row in group])
        return found

    def _forward(self, ready: Sequence[Any]) -> NDArray[np.float32]:
        collate = self._model.backbone.preprocess.collate
        if self._lean is None:
            few = to_device(collate(ready[:LEAST]))
            self._lean = in_order(on_device(self._model.backbone).lean(few), self._arithmetic)
        return self._arithmetic.features(self._lean, collate(ready)).float().numpy()
