from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from headstart.core.backbone import LinearHead
from headstart.core.strategy import FeatureStrategy


@dataclass(frozen=True)
class Remembering(FeatureStrategy):
    """Its head answers with the mean of what it was fitted on."""

    summary: ClassVar[str] = "Remember."

    def supports(self, info: Any, task: Any) -> None:
        del info, task

    def fit(
        self, features: Any, targets: Any, outputs: int, class_weights: Sequence[float], groups: Any = None
    ) -> LinearHead:
        assert groups is None or np.array_equal(groups, features[:, 0])
        bias = np.array([features.mean(), class_weights[0]])
        return LinearHead(weight=np.zeros((outputs, features.shape[1])), bias=bias)


def test_every_fold_is_predicted_by_a_fit_on_the_others():
    features, targets = np.arange(6.0)[:, None], np.zeros(6, dtype=np.int64)
    folds = np.array([[0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]])
    for groups in (None, features[:, 0]):
        logits = Remembering().cross_fit(features, targets, 2, folds, lambda seen: [float(len(seen)), 0.0], groups)
        assert logits[0, :, 0].tolist() == [3.5, 3.5, 2.5, 2.5, 1.5, 1.5]
        assert logits[1, :, 0].tolist() == [3.0, 2.0, 3.0, 2.0, 3.0, 2.0]
        assert logits[:, 0, 1].tolist() == [4.0, 3.0]
