"""Accuracy on the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.validator import Judged, Validator


@dataclass(frozen=True, kw_only=True)
class SourceAccuracy(Validator):
    """Balanced accuracy for source items that were left out, where they arrive.

    Musgrave, Belongie and Lim 2022, arXiv 2208.07360: often as good a guide as any. Fails when the source is easy
    whatever becomes of the target.
    """

    summary: ClassVar[str] = "Balanced accuracy on source items left out (Musgrave et al. 2022)."

    def value(self, judged: Judged) -> float:
        """See `Validator.value`; a share from 0 to 1."""
        from headstart.heads.balanced import balanced_accuracy

        return balanced_accuracy(judged.held, judged.labels)
