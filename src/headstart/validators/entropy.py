"""Certainty of predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.validator import Judged, Validator


@dataclass(frozen=True, kw_only=True)
class Entropy(Validator):
    """Minus the mean entropy of predictions for the target, in nats.

    Morerio, Cavazza and Murino 2018, arXiv 1711.10288, section 4. Fails when predictions are certain and wrong, one
    class for all of them above all.
    """

    summary: ClassVar[str] = "How certain target predictions are (Morerio et al. 2018)."

    def value(self, judged: Judged) -> float:
        """See `Validator.value`; 0 at best."""
        import numpy as np
        from scipy.special import log_softmax

        logs = log_softmax(judged.logits, axis=1)
        return float(np.mean(np.sum(np.exp(logs) * logs, axis=1)))
