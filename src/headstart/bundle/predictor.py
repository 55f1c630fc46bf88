"""A model folder opened for use: raw items in, predictions out, by the preprocessing the model was trained with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.backbones.local import read_exported
from headstart.bundle.model import CARD, Card, located
from headstart.catalog import baselines, tasks
from headstart.core.backbone import Exported
from headstart.core.baseline import Baseline
from headstart.core.dataset import Modality
from headstart.core.errors import Unavailable, UserError
from headstart.core.task import Task
from headstart.data._read import as_items

BATCH = 32


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """``label`` is the most probable of the classes, ``confidence`` its probability."""

    item: str
    label: str
    confidence: float
    probabilities: Mapping[str, float]


class Predictor:
    """Serves the model of a run folder (or of a model folder)."""

    def __init__(self, card: Card, model: Exported | Baseline, task: Task) -> None:
        self.card = card
        self._model = model
        self._task = task

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of the model's outputs."""
        return self.card.classes

    @classmethod
    def open(cls, folder: Path) -> Predictor:
        """The predictor of ``folder``: a run folder or the ``model`` folder in it.

        Raises:
            UserError: there is no such folder, or it holds no model.
            Unavailable: a file in it is missing or damaged.
        """
        inner, card = located(folder)
        model = read_exported(inner) if card.serves == "transfer" else baselines.get(card.serves).load(inner)
        if isinstance(model, Exported) and model.classes != card.classes:
            raise Unavailable(
                f"'{inner}' contradicts itself: config.json names the classes {list(model.classes)}, {CARD} "
                f"{list(card.classes)}. Run `headstart adapt` again to rebuild the run."
            )
        return cls(card, model, tasks.get(card.task)(classes=card.classes))

    def predict(self, items: Iterable[Any]) -> list[Prediction]:
        """One prediction per item: image paths, arrays or PIL images for an image model, strings for a text model.

        Raises:
            UserError: one bare item instead of several, or items that cannot be read: all such are named, and nothing
                is predicted.
            Unavailable: see `logits`.
        """
        if _single(items, self.card.modality):
            raise UserError(f"predict takes a list of items, got one {type(items).__name__}: put it in a list.")
        names, ready = as_items(list(items), self.card.modality, self._ready)
        probabilities = self._task.probabilities(self._logits(ready))
        return [self._prediction(name, row) for name, row in zip(names, probabilities, strict=True)]

    def logits(self, decoded: Sequence[Any]) -> NDArray[np.float64]:
        """``(N, C)`` for decoded items, in float32 arithmetic.

        Raises:
            Unavailable: the model has another number of outputs than there are classes.
        """
        return self._logits([self._ready(item) for item in decoded])

    def _ready(self, decoded: Any) -> Any:
        """An item as the model takes it; a baseline takes it decoded."""
        return decoded if isinstance(self._model, Baseline) else self._model.backbone.preprocess.item(decoded)

    def _logits(self, ready: Sequence[Any]) -> NDArray[np.float64]:
        if not ready:
            return np.zeros((0, len(self.classes)))
        if isinstance(self._model, Baseline):
            found = self._model.logits(ready)
            self._expect_outputs(found.shape[1])
            return found
        self._expect_outputs(len(self._model.head.bias))
        return np.concatenate([self._forward(self._model, batch) for batch in _batches(ready)])

    def _expect_outputs(self, outputs: int) -> None:
        if outputs != len(self.classes):
            raise Unavailable(
                f"The model folder is damaged: its model has {outputs} outputs, {CARD} names {len(self.classes)} "
                "classes. Run `headstart adapt` again to rebuild the run."
            )

    def _forward(self, model: Exported, ready: Sequence[Any]) -> NDArray[np.float64]:
        import torch

        batch = model.backbone.preprocess.collate(ready)
        with torch.inference_mode():
            features = model.backbone.encode(batch).double().numpy()
        return model.head.logits(features)

    def _prediction(self, name: str, probabilities: NDArray[np.float64]) -> Prediction:
        best = int(probabilities.argmax())
        return Prediction(
            item=name,
            label=self.classes[best],
            confidence=float(probabilities[best]),
            probabilities=dict(zip(self.classes, (float(p) for p in probabilities), strict=True)),
        )


def _single(items: Any, modality: Modality) -> bool:
    """Whether ``items`` is one item, whose parts must not be taken for items: rows of an array, letters of a text."""
    if isinstance(items, np.ndarray):
        return items.ndim < (4 if modality == "image" else 1)
    return isinstance(items, str | bytes | Mapping) or not isinstance(items, Iterable)


def _batches(decoded: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(decoded), BATCH):
        yield decoded[start : start + BATCH]
