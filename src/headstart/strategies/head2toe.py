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
FOLDS, FEWEST = 5, 4
"""Of the items that the share is chosen on, and items below which there is no choosing."""
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
        whole = fit_probe(features, targets, outputs, class_weights, groups)
        columns = _telling(whole, features)[: _count(keep, features)]
        if len(columns) == features.shape[1]:
            return whole
        columns.sort()
        found = fit_probe(features[:, columns], targets, outputs, class_weights, groups)
        weight = np.zeros((outputs, features.shape[1]))
        weight[:, columns] = found.weight
        return LinearHead(weight=weight, bias=found.bias)

    def _chosen(
        self, features: NDArray[np.floating], targets: NDArray[np.int64], outputs: int, groups: NDArray[np.int64] | None
    ) -> float:
        """The share with the least log-loss on items held out; of equals, and where too few items are left, the
        largest.
        """
        import numpy as np

        from headstart.heads.folds import grouped_folds
        from headstart.heads.sample import stratified_rows
        from headstart.heads.weights import balanced_weights

        rows = stratified_rows(targets, ENOUGH, 0)
        features, targets = features[rows], targets[rows]
        groups = None if groups is None else groups[rows]
        if len(targets) < FEWEST:
            return SHARES[0]
        folds = grouped_folds(targets, groups, min(FOLDS, len(targets)), 0)
        if len(targets) - np.bincount(folds).max() < FEWEST:
            return SHARES[0]
        said = np.zeros((len(SHARES), len(targets)))
        for fold in np.unique(folds):
            rest, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            tied = None if groups is None else groups[rest]
            said[:, held] = _log_likelihoods(features, targets, outputs, rest, held, tied)
        counted = np.asarray(balanced_weights(targets, outputs))[targets]
        return SHARES[int(np.argmax((said * counted).sum(axis=1)))]


def _log_likelihoods(
    features: NDArray[np.floating],
    targets: NDArray[np.int64],
    outputs: int,
    rest: NDArray[np.int64],
    held: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
) -> NDArray[np.float64]:
    """``(len(SHARES), len(held))``: of the items ``held`` by heads on the ``rest`` alone, for every share."""
    import numpy as np
    from scipy.special import log_softmax

    from headstart.heads.probe import fit_probe
    from headstart.heads.weights import balanced_weights

    known, shown, seen = features[rest], features[held], targets[rest]
    weights = balanced_weights(seen, outputs).tolist()
    whole = fit_probe(known, seen, outputs, weights, groups)
    order = _telling(whole, known)
    found = np.empty((len(SHARES), len(held)))
    for number, keep in enumerate(SHARES):
        columns = np.sort(order[: _count(keep, features)])
        all_of_them = len(columns) == len(order)
        head = whole if all_of_them else fit_probe(known[:, columns], seen, outputs, weights, groups)
        logits = head.logits(shown if all_of_them else shown[:, columns])
        found[number] = log_softmax(logits, axis=1)[np.arange(len(held)), targets[held]]
    return found


def _count(keep: float, features: NDArray[np.floating]) -> int:
    """How many columns a share of them is, two at least."""
    return max(2, round(keep * features.shape[1]))


def _telling(head: LinearHead, features: NDArray[np.floating]) -> NDArray[np.int64]:
    """Columns of ``features (N, D)`` in the order of how much they matter to ``head``, which was fitted to them."""
    import numpy as np

    matters = np.linalg.norm(head.weight - head.weight.mean(axis=0), axis=0) * features.std(axis=0)
    return np.argsort(-matters, kind="stable")
