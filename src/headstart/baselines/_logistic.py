"""Baselines that describe every item by numbers of its own: scaled columns and logistic regression."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from headstart.baselines import _files
from headstart.core.backbone import LinearHead
from headstart.core.baseline import Baseline
from headstart.core.errors import Unavailable, UserError
from headstart.heads.folds import grouped_folds
from headstart.heads.logistic import FOLDS, fit_logistic
from headstart.heads.weights import balanced_weights


class LogisticBaseline(Baseline[NDArray[np.float32]]):
    """Logistic regression on descriptions ``(N, D)``, its penalty chosen by five-fold log-loss.

    Columns are centred and scaled as the member says. Classes are made to count the same by adding the log of their
    balanced weights to the logits (Menon et al. 2021, arXiv 2007.07314, equation 9), as the linear probe does.
    """

    name: ClassVar[str]
    """How its record calls it."""
    parts: ClassVar[Mapping[str, int]]
    """Parts of a description in order, with their lengths."""

    def __init__(self) -> None:
        self._head: LinearHead | None = None

    @abstractmethod
    def scale(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each column of ``features (N, D)`` is multiplied by, ``(D,)``; 0 for one that never varies."""

    def fit(
        self,
        described: NDArray[np.float32],
        targets: NDArray[np.int64],
        outputs: int,
        groups: NDArray[np.int64] | None = None,
    ) -> None:
        """See `Baseline.fit`."""
        features = described.astype(np.float64)
        mean, scale = features.mean(axis=0), self.scale(features)
        folds = grouped_folds(targets, groups, FOLDS, 0)
        head = fit_logistic((features - mean) * scale, targets, outputs, folds=folds, floor=None).head
        weight, balance = head.weight * scale, np.log(balanced_weights(targets, outputs))
        self._head = LinearHead(weight=weight, bias=head.bias - weight @ mean + balance)

    def logits(self, described: NDArray[np.float32]) -> NDArray[np.float64]:
        """See `Baseline.logits`."""
        return self._fitted().logits(described)

    def save(self, folder: Path) -> None:
        """See `Baseline.save`."""
        head = self._fitted()
        record = {"baseline": self.name, "schema": 1, "parts": self.parts, **self._facts()}
        _files.write(folder, record, {"weight": head.weight, "bias": head.bias})

    @classmethod
    def load(cls, folder: Path) -> LogisticBaseline:
        """See `Baseline.load`."""
        record, numbers = _files.read(folder, cls.name, {"weight": 2, "bias": 1})
        if record.get("parts") != cls.parts or numbers["weight"].shape[1] != sum(cls.parts.values()):
            raise Unavailable(
                f"The baseline in '{folder}' reads other descriptions than this version makes. Fit it again."
            )
        loaded = cls()
        loaded._head = LinearHead(weight=numbers["weight"], bias=numbers["bias"])
        loaded._recall(record)
        return loaded

    def _facts(self) -> dict[str, Any]:
        """What else its record holds."""
        return {}

    def _recall(self, record: Mapping[str, Any]) -> None:
        """Take up what `_facts` gave."""

    def _fitted(self) -> LinearHead:
        if self._head is None:
            raise UserError("This baseline has not been fitted: call fit or load first.")
        return self._head
