"""Frozen body, linear head: the strategy every other has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from headstart.core.backbone import BackboneInfo, LinearHead
from headstart.core.strategy import FeatureStrategy
from headstart.core.task import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class LinearProbe(FeatureStrategy):
    """L2-penalised logistic regression on the frozen features, its penalty chosen by inner cross-validated log-loss.

    Protocol: Radford et al. 2021, arXiv 2103.00020, section 3.2 (L-BFGS, a path of penalties); features are
    standardised first. Classes are made to count the same by post-hoc logit adjustment (Menon et al. 2021, arXiv
    2007.07314, equation 9), not by weighting items: the unweighted fit is the better estimate of the posterior, and
    shifting its bias by the log class weights gives the decisions that balanced accuracy asks for.

    ``head="ridge"`` is the closed-form alternative: ridge regression on the one-hot targets with its penalty chosen
    by exact leave-one-out. Ten times cheaper, about a point worse.
    """

    summary: ClassVar[str] = "Freeze the whole body, fit a linear head on its features."

    head: Literal["logistic", "ridge"] = "logistic"

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Any backbone, any task with a linear head."""
        del info, task

    def fit(
        self,
        features: NDArray[np.floating],
        targets: NDArray[np.int64],
        outputs: int,
        class_weights: Sequence[float],
        groups: NDArray[np.int64] | None = None,
    ) -> LinearHead:
        """See `FeatureStrategy.fit`."""
        import numpy as np

        from headstart.heads.folds import grouped_folds
        from headstart.heads.logistic import FOLDS, fit_logistic
        from headstart.heads.ridge import fit_ridge

        if self.head == "ridge":
            return fit_ridge(features, targets, outputs, np.asarray(class_weights)[targets]).head
        head = fit_logistic(features, targets, outputs, folds=grouped_folds(targets, groups, FOLDS, 0)).head
        return LinearHead(weight=head.weight, bias=head.bias + np.log(class_weights))
