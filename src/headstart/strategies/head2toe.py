"""Frozen body, linear head on the features of all blocks that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import BackboneInfo, LinearHead
from headstart.core.settings import Meaning
from headstart.core.strategy import FeatureStrategy
from headstart.core.task import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from headstart.core.features import Features

SHARES = (1.0, 0.5, 0.2, 0.05, 0.01)
"""Of the numbers that may be kept."""
FOLDS = 5
ENOUGH = 500
"""Items that the share is chosen on at most."""


@dataclass(frozen=True, kw_only=True)
class Head2Toe(FeatureStrategy):
    """Head2Toe (Evci et al. 2022, arXiv 2201.03529): what a task needs may be found in the middle of a network and lost
    at its end. The means over positions of what every block gives are features, beside those at the end; a first head
    on all of them says how much each matters (the norm of its weights, section 3.2), those that matter most are kept,
    and a second head is fitted to them. Departures: means over all positions in place of larger pools, the calibrated
    ridge of `linear_probe` in place of logistic regression with a group lasso, weights measured by the spread of what
    they multiply in place of features of unit norm. The share kept is chosen by the log-loss, classes counting the
    same, of items held out.
    """

    summary: ClassVar[str] = "A linear head on those features of all blocks that matter (Head2Toe, arXiv 2201.03529)."
    candidate: ClassVar[bool] = False
    layers: ClassVar[bool] = True

    keep: Annotated[
        float, Meaning(says="Share of the numbers that is kept; 0: chosen on items held out.", high=1.0)
    ] = 0.0

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Bodies of one network."""
        del task
        return "the blocks of joined models are not read one by one; name one model." if "+" in info.name else None

    def fit(
        self,
        features: NDArray[np.floating] | Features,
        targets: NDArray[np.int64],
        outputs: int,
        class_weights: Sequence[float],
        groups: NDArray[np.int64] | None = None,
    ) -> LinearHead:
        """See `FeatureStrategy.fit`; weights of what is not kept are 0."""
        import numpy as np

        from headstart.heads.probe import fit_probe

        features = np.asarray(features)
        keep = self.keep or self._chosen(features, targets, outputs, groups)
        columns = self._relevant(features, targets, outputs, class_weights, groups, keep)
        found = fit_probe(features[:, columns], targets, outputs, class_weights, groups)
        weight = np.zeros((outputs, features.shape[1]))
        weight[:, columns] = found.weight
        return LinearHead(weight=weight, bias=found.bias)

    def _relevant(
        self,
        features: NDArray[np.floating],
        targets: NDArray[np.int64],
        outputs: int,
        class_weights: Sequence[float],
        groups: NDArray[np.int64] | None,
        keep: float,
    ) -> NDArray[np.int64]:
        """The columns to keep, in their own order."""
        import numpy as np

        from headstart.heads.probe import fit_probe

        count = max(2, round(keep * features.shape[1]))
        if count >= features.shape[1]:
            return np.arange(features.shape[1])
        weight = fit_probe(features, targets, outputs, class_weights, groups).weight
        matters = np.linalg.norm(weight - weight.mean(axis=0), axis=0) * features.std(axis=0)
        return np.sort(np.argsort(-matters, kind="stable")[:count])

    def _chosen(
        self, features: NDArray[np.floating], targets: NDArray[np.int64], outputs: int, groups: NDArray[np.int64] | None
    ) -> float:
        """The share with the least log-loss on items held out; of equals, the largest."""
        import numpy as np
        from scipy.special import log_softmax

        from headstart.heads.folds import grouped_folds
        from headstart.heads.probe import fit_probe
        from headstart.heads.sample import stratified_rows
        from headstart.heads.weights import balanced_weights

        rows = stratified_rows(targets, ENOUGH, 0)
        features, targets = features[rows], targets[rows]
        groups = None if groups is None else groups[rows]
        folds = grouped_folds(targets, groups, FOLDS, 0)
        said = np.zeros((len(SHARES), len(targets)))
        for fold in np.unique(folds):
            rest, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            seen, tied = targets[rest], None if groups is None else groups[rest]
            weights = balanced_weights(seen, outputs).tolist()
            for number, keep in enumerate(SHARES):
                columns = self._relevant(features[rest], seen, outputs, weights, tied, keep)
                head = fit_probe(features[rest][:, columns], seen, outputs, weights, tied)
                logits = log_softmax(head.logits(features[held][:, columns]), axis=1)
                said[number, held] = logits[np.arange(len(held)), targets[held]]
        counted = np.asarray(balanced_weights(targets, outputs))[targets]
        return SHARES[int(np.argmax((said * counted).sum(axis=1)))]
