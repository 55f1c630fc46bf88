"""Frozen body, linear head: the strategy every other has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from headstart.core.backbone import BackboneInfo, LinearHead
from headstart.core.strategy import FeatureStrategy
from headstart.core.task import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class LinearProbe(FeatureStrategy):
    """L2-penalised logistic regression on the frozen features, its penalty chosen by inner cross-validation.

    Protocol: Radford et al. 2021, arXiv 2103.00020, section 3.2 (L-BFGS, a path of penalties). Departures: features
    are standardised, and items are weighted so that every class counts the same.
    """

    summary: ClassVar[str] = "Freeze the whole body, fit a linear head on its features."

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Any backbone, any task with a linear head."""
        del info, task

    def fit(
        self, features: NDArray[np.floating], targets: NDArray[np.int64], outputs: int, class_weights: Sequence[float]
    ) -> LinearHead:
        """See `FeatureStrategy.fit`."""
        from headstart.heads.logistic import fit_logistic

        return fit_logistic(features, targets, outputs, class_weights).head
