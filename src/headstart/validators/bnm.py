"""Batch nuclear norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.validator import Judged, Validator


@dataclass(frozen=True, kw_only=True)
class Bnm(Validator):
    """Nuclear norm of predicted probabilities ``(M, C)`` over its largest value: large where certain and varied.

    Cui et al. 2020, arXiv 2003.12237, section 3. Fails when a wrong labelling is certain and varied.
    """

    summary: ClassVar[str] = "Nuclear norm of target predictions: certain and varied (BNM, Cui et al. 2020)."

    def value(self, judged: Judged) -> float:
        """See `Validator.value`; from 0 to 1."""
        import numpy as np
        from scipy.special import softmax

        shares = softmax(judged.logits, axis=1)
        return float(np.linalg.norm(shares, "nuc") / np.sqrt(len(shares) * min(shares.shape)))
