"""One class per item."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from scipy.stats import rankdata

from headstart.core.task import MetricInfo, MetricsOfDraws, Task
from headstart.tasks._draws import Draws

if TYPE_CHECKING:
    import torch

_BINS = 10
_LEAST = float(np.finfo(np.float32).tiny)
"""What a probability counts for at least in the log-loss: float32, which those of many items are in, knows no less. An
item costs at most 87."""


class Classification(Task):
    """Every item belongs to exactly one of ``classes``.

    The primary metric is balanced accuracy, the mean over classes of the share of their items that are right: on data
    where one class is common it cannot be had by always naming that class. Chance is one over the number of classes.
    """

    primary = "balanced_accuracy"
    measures = MappingProxyType(
        {
            "balanced_accuracy": MetricInfo(by_class=True),
            "accuracy": MetricInfo(),
            "macro_f1": MetricInfo(by_class=True),
            "log_loss": MetricInfo(high=math.inf),
            "brier": MetricInfo(high=2.0),
            "ece": MetricInfo(),
            "roc_auc": MetricInfo(by_class=True),
        }
    )

    def __init__(self, *, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)

    @property
    def outputs(self) -> int:
        """One logit per class."""
        return len(self.classes)

    def losses(
        self, logits: torch.Tensor, targets: torch.Tensor, class_weights: torch.Tensor, smoothing: float = 0.0
    ) -> torch.Tensor:
        """Logit-adjusted cross-entropy (Menon et al. 2021, arXiv 2007.07314, equation 10).

        The logits are those of a world in which classes occur in proportion to ``class_weights`` times their
        frequency (equally often, with balanced weights); subtracting ``log class_weights`` takes them to the
        frequencies of the training items, which the plain cross-entropy sees. No item is weighted, so that the
        gradient does not depend on which rare items share a batch. Label smoothing (Szegedy et al. 2016, arXiv
        1512.00567, equation 7) is even over the classes in the world of the logits, and so in proportion to one over
        ``class_weights`` here: evenly here it would outweigh a rare class by smoothing alone.
        """
        from torch.nn.functional import cross_entropy, one_hot

        adjusted = logits - class_weights.log()
        if not smoothing:
            return cross_entropy(adjusted, targets, reduction="none")
        spread = (1 / class_weights) / (1 / class_weights).sum()
        shares = (1 - smoothing) * one_hot(targets, self.outputs) + smoothing * spread
        return cross_entropy(adjusted, shares, reduction="none")

    def probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Softmax in float64."""
        return softmax(np.asarray(logits, dtype=np.float64), axis=1)

    def credit(self, probabilities: NDArray[np.floating], targets: NDArray[np.int64]) -> NDArray[np.float64]:
        """``1[right] N / (C n_y)``: zero for a wrong item, and for a right one more the rarer its class.

        C counts the classes among ``targets``; the mean over the items is the balanced accuracy. Of equally probable
        classes the first is taken as the prediction.
        """
        counts = np.bincount(targets, minlength=self.outputs)
        worth = len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        earned = worth[targets]
        earned[probabilities.argmax(axis=1) != targets] = 0.0
        return earned

    def metrics(self, probabilities: NDArray[np.floating], targets: NDArray[np.int64]) -> Mapping[str, float]:
        """Balanced accuracy, accuracy, macro F1, log-loss, Brier score and ECE; ROC AUC for two classes.

        Macro F1 averages over the classes that occur among targets or predictions. The Brier score is the sum over
        classes of squared errors, between 0 and 2. ROC AUC is that of the second class; it is left out when only one
        class occurs, where it does not exist.
        """
        own = probabilities[np.arange(len(targets)), targets].astype(np.float64)
        predicted = probabilities.argmax(axis=1)
        # |p - e_y|^2 = |p|^2 - 2 p_y + 1, without a copy of all probabilities.
        squares = np.einsum("nc,nc->n", probabilities, probabilities)
        values = {
            "balanced_accuracy": float(np.mean(self.credit(probabilities, targets))),
            "accuracy": float(np.mean(predicted == targets)),
            "macro_f1": _macro_f1(predicted, targets, self.outputs),
            "log_loss": float(-np.mean(np.log(np.maximum(own, _LEAST)))),
            "brier": max(0.0, float(np.mean(squares - 2.0 * own + 1.0))),
            "ece": _calibration_error(probabilities.max(axis=1), predicted == targets),
        }
        if self.outputs == 2 and 0 < np.count_nonzero(targets) < len(targets):
            values["roc_auc"] = _roc_auc(probabilities[:, 1], targets)
        return values

    def metrics_of_draws(self, probabilities: NDArray[np.floating], targets: NDArray[np.int64]) -> MetricsOfDraws:
        """See `Task.metrics_of_draws`; all draws at once."""
        draws = Draws(probabilities, targets)

        def metrics(counts: NDArray[np.integer]) -> Mapping[str, NDArray[np.float64]]:
            drawn = counts.astype(np.float64)
            values = {
                "balanced_accuracy": draws.balanced_accuracy(drawn),
                "accuracy": draws.accuracy(drawn),
                "macro_f1": draws.macro_f1(drawn),
                "log_loss": draws.log_loss(drawn, _LEAST),
                "brier": draws.brier(drawn),
                "ece": draws.calibration_error(drawn, _BINS),
            }
            return values | {"roc_auc": draws.roc_auc(drawn)} if self.outputs == 2 else values

        return metrics


def _macro_f1(predicted: NDArray[np.int64], targets: NDArray[np.int64], outputs: int) -> float:
    hits = np.bincount(targets[predicted == targets], minlength=outputs)
    named = np.bincount(predicted, minlength=outputs) + np.bincount(targets, minlength=outputs)
    return float(np.mean(2.0 * hits[named > 0] / named[named > 0]))


def _calibration_error(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Expected calibration error of the top class over up to ten bins of equal mass.

    Biased upwards by noise when bins hold few items: below some hundred items trust the log-loss instead.
    """
    items, bins = len(confidence), min(_BINS, len(confidence))
    gaps = (confidence - right)[np.argsort(confidence, kind="stable")]
    # The first ``items % bins`` bins hold one item more.
    starts = np.arange(bins) * (items // bins) + np.minimum(np.arange(bins), items % bins)
    return float(np.abs(np.add.reduceat(gaps, starts, dtype=np.float64)).sum() / items)


def _roc_auc(scores: NDArray[np.floating], targets: NDArray[np.int64]) -> float:
    """Mann-Whitney statistic; ties count half."""
    positive = int(targets.sum())
    ranks = float(rankdata(scores)[targets == 1].sum())
    return (ranks - positive * (positive + 1) / 2) / (positive * (len(targets) - positive))
