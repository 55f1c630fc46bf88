"""Deep embedded validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.validator import Judged, Validator


@dataclass(frozen=True, kw_only=True)
class Dev(Validator):
    """Minus the importance-weighted share of errors, with the weights as a control variate:

    ``-(mean(w l) + eta (mean(w) - 1))``, ``eta = -Cov(w l, w) / Var(w)``.

    You et al. 2019, ICML, equation 9. Fails when weights are large and few: eta is then a ratio of two noises.
    """

    summary: ClassVar[str] = "Minus the weighted errors with less variance (DEV, You et al. 2019)."

    def value(self, judged: Judged) -> float:
        """See `Validator.value`; about 0 at best."""
        import numpy as np

        weights = judged.weights
        losses = weights * (judged.held.argmax(axis=1) != judged.labels)
        spread = float(np.var(weights))
        eta = -float(np.mean(losses * weights) - losses.mean() * weights.mean()) / spread if spread > 0 else 0.0
        return -float(losses.mean() + eta * (weights.mean() - 1.0))
