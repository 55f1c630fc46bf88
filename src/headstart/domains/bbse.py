"""Label shift: other frequencies of the same classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.domain import Crossing, FeatureMethod, Fit, Pair, one_hot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDS = 5
LEAST = 1e-3
"""No class is taken to be rarer: its logit would never come first."""


@dataclass(frozen=True, kw_only=True)
class Bbse(FeatureMethod):
    """Logits take on how frequent classes are in the target, told from how often each is predicted there.

    Lipton, Wang and Smola 2018, arXiv 1802.03916, section 4 (black box shift estimation): with the confusion matrix of
    predictions for source items left out, ``C (predicted, true)``, and the frequencies q of predictions on the target,
    ``C s = q``. Solved for shares that are not negative and add up to 1 by least squares. It holds where classes look
    the same on both sides. The head, for which all classes are equally frequent, is shifted by ``log(C s)``.

    A metric for which all classes count the same gains nothing from it, which is why ``auto`` does not consider it.
    """

    summary: ClassVar[str] = "Correct for classes being more or less frequent in the target (BBSE, Lipton et al. 2018)."
    candidate: ClassVar[bool] = False

    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        """See `FeatureMethod.cross`."""
        import numpy as np

        head = fit(pair.source, one_hot(pair.labels, pair.outputs), groups=pair.groups)
        found = class_shares(pair, fit, head)
        shift = np.log(np.maximum(found, LEAST) * pair.outputs)
        return Crossing(head=LinearHead(weight=head.weight, bias=head.bias + shift))


def class_shares(pair: Pair, fit: Fit, head: LinearHead) -> NDArray[np.float64]:
    """How frequent classes are in the target, ``(C,)``, as far as predictions of ``head`` tell."""
    import numpy as np
    from scipy.optimize import nnls

    from headstart.domains._entropy import softmax
    from headstart.heads.folds import grouped_folds

    labels, groups = pair.labels, pair.groups
    folds = grouped_folds(labels, groups, FOLDS, 0)
    predicted = np.zeros((len(labels), pair.outputs))
    for fold in np.unique(folds):
        held, rest = folds == fold, folds != fold
        tied = None if groups is None else groups[rest]
        fitted = fit(pair.source[rest], one_hot(labels[rest], pair.outputs), groups=tied)
        predicted[held] = softmax(fitted.logits(pair.source[held]))
    shares = one_hot(labels, pair.outputs) / np.maximum(np.bincount(labels, minlength=pair.outputs), 1)
    confusion, seen = predicted.T @ shares, softmax(head.logits(pair.target)).mean(axis=0)
    # The last row asks the shares to add up to 1, with a weight that leaves no doubt.
    system = np.vstack([confusion, np.full(pair.outputs, 1e3)])
    found, _ = nnls(system, np.append(seen, 1e3))
    return found / found.sum()
