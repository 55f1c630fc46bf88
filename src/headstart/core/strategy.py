"""Ways to adapt a backbone: what every one declares, and those that leave the body as it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from headstart.core.backbone import BackboneInfo, LinearHead
from headstart.core.task import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from headstart.core.features import Features


class Strategy(ABC):
    """What every way to adapt declares. A member implements `FeatureStrategy` or
    `headstart.core.training.InputStrategy`, never this one.

    Members are frozen dataclasses whose fields are their hyper-parameters; finished work is kept under their ``repr``.
    """

    summary: ClassVar[str]
    """One line for ``headstart strategies``, with the paper where there is one."""
    candidate: ClassVar[bool] = True
    """Whether ``auto`` considers it; controls, and what has not shown its worth, are asked for by name."""

    learns_across_domains: ClassVar[bool] = False
    """Whether it needs the domains of the training items."""

    lead: ClassVar[float] = 0.0
    """What `auto` expects it to score above the linear probe before anything is measured, as a share of the metric: the
    mean over three data sets with 5, 10 and 50 labels a class (``bench few_labels``, five to seven draws), less its
    standard error over the sets, for other data are others. By their means the candidates have the same order
    whichever set is left out.
    """

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """None if it can adapt this backbone to this task, else the reason why not. Asked before any download."""
        del info, task


class FeatureStrategy(Strategy):
    """Reads frozen features and ends in a linear head; the body is never touched (closed-form loop)."""

    views: int = 0
    """Random views of every training item that are rows, too, beside the fixed one, tied to it like a copy. What is
    predicted, scored and served are fixed views.
    """

    layers: ClassVar[bool] = False
    """Whether it reads what every block gives (`Backbone.layered`), not only the end of the body."""

    @property
    def passes(self) -> int:
        """Forward passes over the training items beside that of their features."""
        return self.views + self.layers

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
        folds: NDArray[np.integer],
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
