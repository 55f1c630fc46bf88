"""Soft neighbourhood density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.validator import Judged, Validator

TEMPERATURE = 0.05
BLOCK = 1000
"""Rows of the matrix of similarities at a time."""


@dataclass(frozen=True, kw_only=True)
class Snd(Validator):
    """Mean entropy of who is how near to whom among the predictions for the target, in nats: many near neighbours are
    good.

    Saito et al. 2021, arXiv 2108.10860, equations 1 to 3: cosines of predicted probabilities over a temperature of
    0.05, each item without itself. Fails when all predictions collapse to one class, which it likes best.
    """

    summary: ClassVar[str] = "How dense neighbourhoods of target predictions are (SND, Saito et al. 2021)."

    def value(self, judged: Judged) -> float:
        """See `Validator.value`; from 0 to the logarithm of the number of other items."""
        import numpy as np
        from scipy.special import log_softmax, softmax

        shares = softmax(judged.logits, axis=1)
        unit = shares / np.linalg.norm(shares, axis=1, keepdims=True)
        total = 0.0
        for start in range(0, len(unit), BLOCK):
            near = unit[start : start + BLOCK] @ unit.T / TEMPERATURE
            rows = np.arange(len(near))
            near[rows, start + rows] = -np.inf
            logs = log_softmax(near, axis=1)
            logs[rows, start + rows] = 0.0
            chances = np.exp(logs)
            chances[rows, start + rows] = 0.0
            total -= float(np.sum(chances * logs))
        return total / len(unit)
