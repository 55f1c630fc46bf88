"""Frozen body, linear head, several looks at every item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from headstart.core.backbone import BackboneInfo, LinearHead
from headstart.core.strategy import FeatureStrategy
from headstart.core.task import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from headstart.core.features import Features


@dataclass(frozen=True, kw_only=True)
class MultiView(FeatureStrategy):
    """The linear probe with ``views`` random crops and flips of every training item as rows of their own.

    Augmentation for the price of one pass per view. An item and its views are left out together where the penalty is
    chosen, and stand in one fold; what is predicted, in the folds and later, is the fixed view alone.
    """

    summary: ClassVar[str] = "A linear head on the frozen features of several random views of every item."
    candidate: ClassVar[bool] = False

    views: int = 2

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Items that have views."""
        del task
        return f"{info.modality}s have one view only." if info.modality == "text" else None

    def fit(
        self,
        features: NDArray[np.floating] | Features,
        targets: NDArray[np.int64],
        outputs: int,
        class_weights: Sequence[float],
        groups: NDArray[np.int64] | None = None,
    ) -> LinearHead:
        """See `FeatureStrategy.fit`."""
        import numpy as np

        from headstart.core.features import many
        from headstart.heads.gram import fit_probe_streamed
        from headstart.heads.probe import fit_probe

        if many(features):
            return fit_probe_streamed(features, targets, outputs, class_weights, groups).head
        return fit_probe(np.asarray(features), targets, outputs, class_weights, groups)

    def cross_fit(
        self,
        features: NDArray[np.floating] | Features,
        targets: NDArray[np.int64],
        outputs: int,
        folds: NDArray[np.int64],
        weigh: Callable[[NDArray[np.int64]], Sequence[float]],
        groups: NDArray[np.int64] | None = None,
    ) -> NDArray[np.floating]:
        """See `FeatureStrategy.cross_fit`."""
        from headstart.heads.probe import cross_fit_shared

        found = cross_fit_shared(features, targets, outputs, folds, weigh, groups)
        return super().cross_fit(features, targets, outputs, folds, weigh, groups) if found is None else found
