"""Importance-weighted validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.validator import Judged, Validator


@dataclass(frozen=True, kw_only=True)
class ImportanceWeighted(Validator):
    """Accuracy for source items that were left out, those counting more that are like the target.

    Sugiyama, Krauledat and Müller 2007, JMLR 8, section 3 (IWCV), with weights that add up to 1 (self-normalised).
    Fails when few source items are like the target: then a handful of them is all that counts.
    """

    summary: ClassVar[str] = "Accuracy on source items left out, weighed by likeness (Sugiyama et al. 2007)."

    def value(self, judged: Judged) -> float:
        """See `Validator.value`; a share from 0 to 1."""
        hits = judged.held.argmax(axis=1) == judged.labels
        return float(judged.weights @ hits / judged.weights.sum())
