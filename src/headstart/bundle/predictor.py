"""A model folder opened for use: raw items in, predictions out, by the preprocessing the model was trained with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from headstart.backbones.local import read_exported
from headstart.bundle.domain import read_reference
from headstart.bundle.model import CARD, Card, located
from headstart.catalog import baselines, tasks
from headstart.core.backbone import Exported
from headstart.core.baseline import Baseline
from headstart.core.dataset import Modality
from headstart.core.errors import Unavailable, UnreadableItem, UserError
from headstart.core.sound import Clip
from headstart.core.task import Task
from headstart.data._read import read_items

if TYPE_CHECKING:
    from headstart.bundle._body import Body
    from headstart.bundle.watch import DomainWatch, Noted
    from headstart.core.domain_reference import DomainReference

PICTURES, TEXTS = 32, 4096
"""Items held ready at a time: more texts, which are small then, and wait for others of their length."""


UNWATCHED = (
    "This model keeps no items of its domain to compare new ones with: simple models keep none, nor bodies that were "
    "trained and not scored on test items, nor models that were carried over. Compare the data instead: headstart "
    "check DATA --target NEW."
)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """``label`` is the most probable of the classes, ``confidence`` its probability."""

    item: str
    label: str
    confidence: float
    probabilities: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class _Item:
    """An item made ready, and what is to be kept of it by a watch."""

    name: str
    ready: Any
    noted: Noted | None


class Predictor:
    """Serves the model of a run folder (or of a model folder)."""

    def __init__(
        self, card: Card, model: Exported | Baseline, task: Task, reference: DomainReference | None = None
    ) -> None:
        self.card = card
        self.reference = reference
        """Items of the domain that the model is for; None where none are kept."""
        self._model = model
        self._task = task
        self._body: Body | None = None

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
                f"{list(card.classes)}. Run the command that made the run again to rebuild it."
            )
        reference = None
        if isinstance(model, Exported) and card.domain:
            reference = read_reference(inner, card.domain, width=model.head.weight.shape[1], classes=len(card.classes))
        return cls(card, model, tasks.get(card.task)(classes=card.classes), reference)

    def watch(self, *, seed: int = 0) -> DomainWatch:
        """Something to give to `predict`, over as many calls as one likes, whose ``card()`` then says whether the items
        are of the domain that the model is for.

        Raises:
            UserError: the model keeps nothing to compare them with.
        """
        if self.reference is None:
            raise UserError(UNWATCHED)
        from headstart.bundle.watch import DomainWatch

        return DomainWatch(self.reference, sized=self._least_side is None, seed=seed)

    def predict(
        self,
        items: Iterable[Any],
        *,
        unreadable: Callable[[UnreadableItem], object] | None = None,
        watch: DomainWatch | None = None,
    ) -> list[Prediction]:
        """One prediction per item: image paths, arrays or PIL images for an image model, texts or ``pathlib.Path``
        objects of text files for a text model, paths or ``(samples, rate)`` for a model of sound.

        Where the model was trained on large JPEGs decoded at a reduced scale, paths, bytes and PIL images that have
        only been opened are read so here. Arrays and PIL images that are loaded come with all their pixels, which gives
        a slightly different prediction: give large photographs as paths.

        ``unreadable`` is told each item that cannot be read; those that can are predicted. ``watch`` is what `watch`
        gave, and looks on.

        Raises:
            UserError: one bare item instead of several, or items that cannot be read and nobody is told: all such are
                named, and nothing is predicted.
            Unavailable: the model has another number of outputs than there are classes.
        """
        if _single(items, self.card.modality):
            raise UserError(f"predict takes a list of items, got one {type(items).__name__}: put it in a list.")
        read = read_items(items, self.card.modality, self._least_side, unreadable)
        ready = (
            _Item(name=name, ready=self._ready(item), noted=None if watch is None else watch.note(name, item))
            for name, item in read
        )
        return [prediction for batch in _batches(ready, self._together) for prediction in self._predicted(batch, watch)]

    @property
    def _together(self) -> int:
        """How many items are held at a time; a baseline takes them as they were decoded, and photographs are large."""
        if self.card.modality == "text":
            return TEXTS
        return 1 if isinstance(self._model, Baseline) else PICTURES

    @property
    def _least_side(self) -> int | None:
        """What the model asks for of a picture; see `Preprocess.least_side`."""
        return (
            self._model.least_side if isinstance(self._model, Baseline) else self._model.backbone.preprocess.least_side
        )

    def _ready(self, decoded: Any) -> Any:
        """An item as the model takes it; a baseline takes it decoded."""
        return decoded if isinstance(self._model, Baseline) else self._model.backbone.preprocess.item(decoded)

    def _predicted(self, batch: Sequence[_Item], watch: DomainWatch | None) -> Iterator[Prediction]:
        features, logits = self._logits([item.ready for item in batch])
        for number, (item, row) in enumerate(zip(batch, self._task.probabilities(logits), strict=True)):
            best = int(row.argmax())
            if watch is not None and item.noted is not None:
                watch.keep(item.noted, features[number], best)
            yield Prediction(
                item=item.name,
                label=self.classes[best],
                confidence=float(row[best]),
                probabilities=dict(zip(self.classes, (float(p) for p in row), strict=True)),
            )

    def _logits(self, ready: Sequence[Any]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Features ``(N, D)``, of which a baseline shows none, and logits ``(N, C)``."""
        if isinstance(self._model, Baseline):
            found = self._model.logits(self._model.describe(ready))
            self._expect_outputs(found.shape[1])
            return np.empty((len(ready), 0), dtype=np.float32), found
        self._expect_outputs(len(self._model.head.bias))
        if self._body is None:
            from headstart.bundle._body import Body

            self._body = Body(self._model, self.card.arithmetic)
        features = self._body.features(ready)
        return features, self._model.head.logits(features.astype(np.float64))

    def _expect_outputs(self, outputs: int) -> None:
        if outputs != len(self.classes):
            raise Unavailable(
                f"The model folder is damaged: its model has {outputs} outputs, {CARD} names {len(self.classes)} "
                "classes. Run the command that made the run again to rebuild it."
            )


def _single(items: Any, modality: Modality) -> bool:
    """Whether ``items`` is one item, whose parts must not be taken for items: rows of an array, letters of a text."""
    if isinstance(items, np.ndarray):
        numbers = items.dtype.kind in "buif"
        return items.ndim < ({"image": 4, "text": 1, "audio": 2}[modality] if numbers else 1)
    if modality == "audio" and isinstance(items, tuple):
        return len(items) == 2 and isinstance(items[1], int | np.integer)  # samples and their rate
    return isinstance(items, str | bytes | Mapping | Clip) or not isinstance(items, Iterable)


def _batches(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
