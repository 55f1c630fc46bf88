"""Ways to adapt a backbone: how much of it changes, from which start, at which rates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from headstart.core.backbone import Backbone, BackboneInfo, LinearHead
from headstart.core.task import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from headstart.core.features import Features


class Strategy(ABC):
    """What every way to adapt declares. A member implements one of the two contracts below, never this one.

    Members are frozen dataclasses whose fields are their hyper-parameters; finished work is kept under their ``repr``.
    """

    summary: ClassVar[str]
    """One line for ``headstart strategies``, with the paper where there is one."""
    candidate: ClassVar[bool] = True
    """Whether ``auto`` considers it. A control is no candidate; it can still be asked for by name."""

    @abstractmethod
    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """None if it can adapt this backbone to this task, else the reason why not. Asked before any download."""


class FeatureStrategy(Strategy):
    """Reads frozen features and ends in a linear head; the body is never touched (closed-form loop)."""

    @abstractmethod
    def fit(
        self,
        features: NDArray[np.floating] | Features,
        targets: NDArray[np.int64],
        outputs: int,
        class_weights: Sequence[float],
        groups: NDArray[np.int64] | None = None,
    ) -> LinearHead:
        """Head for ``features (N, D)`` and ``targets (N,)``; ``class_weights (outputs,)`` weigh the items' losses.

        Features that are no array may be too many for memory: work on their blocks, or on few of them.

        Own hyper-parameters (a penalty, say) are chosen inside, from these rows alone; rows of equal ``groups (N,)``
        are never on both sides of such a choice.
        """

    def cross_fit(
        self,
        features: NDArray[np.floating] | Features,
        targets: NDArray[np.int64],
        outputs: int,
        folds: NDArray[np.int64],
        weigh: Callable[[NDArray[np.int64]], Sequence[float]],
        groups: NDArray[np.int64] | None = None,
    ) -> NDArray[np.floating]:
        """Logits ``(R, N, outputs)`` of every item from `fit` on the other folds, for every repeat of ``folds (R, N)``.

        ``weigh`` gives the class weights of some targets. One fit per fold, unless the strategy knows a shorter way to
        the same predictions.
        """
        import numpy as np

        # Of features that may not fit in memory, logits in the features' own precision.
        precision = np.float64 if isinstance(features, np.ndarray) else np.float32
        logits = np.empty((*folds.shape, outputs), dtype=precision)
        for repeat, numbers in enumerate(folds):
            for name in np.unique(numbers):
                held, rest = numbers == name, np.flatnonzero(numbers != name)
                tied = None if groups is None else groups[rest]
                head = self.fit(features[rest], targets[rest], outputs, weigh(targets[rest]), tied)
                logits[repeat, held] = head.logits(features[held])
        return logits


@dataclass(frozen=True, kw_only=True)
class ParamGroup:
    """Parameters of ``Backbone.module`` that share a rate. ``rate`` multiplies the base learning rate."""

    name: str
    parameters: tuple[str, ...]
    rate: float
    weight_decay: float


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What a strategy decided about one backbone.

    ``blocks[:frozen_blocks]`` are really frozen: no gradient, normalisation buffers and dropout in evaluation mode.
    ``groups`` hold the trainable body parameters, deepest group last; the head is trained beside them at
    ``head_rate`` times the base learning rate. ``body_from`` and ``head_from`` say where both start: ``probe`` is
    the head found on frozen features (LP-FT), ``zeros`` predicts equal probabilities.
    ``batch_statistics`` lets BatchNorm in the trainable blocks normalise by batch and update its buffers.
    """

    frozen_blocks: int
    groups: tuple[ParamGroup, ...]
    body_from: Literal["pretrained", "random"]
    head_from: Literal["probe", "zeros"]
    head_rate: float
    batch_statistics: bool


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast; AdamW with linear warm-up in steps and cosine decay to zero.

    ``rate_scale`` multiplies the backbone's own fine-tuning rate (`BackboneInfo.rate`).
    """

    epochs: int
    rate_scale: float
    batch_size: int
    warmup_steps: int
    views: bool
    """Train on random views of the items instead of the one fixed view."""


class InputStrategy(Strategy):
    """Trains the head and some of the body on the items themselves (supervised loop)."""

    schedule: Schedule

    @abstractmethod
    def lasting(self, epochs: int) -> InputStrategy:
        """The same strategy for another number of epochs."""

    @abstractmethod
    def prepare(self, backbone: Backbone) -> Preparation:
        """Decide what is trained.

        Raises:
            UserError: nothing in this backbone would be trained (a silent linear probe is never the answer).
        """
