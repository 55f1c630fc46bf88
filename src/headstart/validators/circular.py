"""Circular validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from headstart.core.validator import Judged, Validator


@dataclass(frozen=True, kw_only=True)
class Circular(Validator):
    """Balanced accuracy on the source of the same way back, from the target with what was predicted there for labels.

    Bruzzone and Marconcini 2010, IEEE TPAMI 32, section 4. Fails when mistakes on the way there are undone on the way
    back: classes that change places twice.
    """

    summary: ClassVar[str] = "Accuracy on the source after going there and back (Bruzzone and Marconcini 2010)."

    def value(self, judged: Judged) -> float:
        """See `Validator.value`; a share from 0 to 1."""
        from headstart.heads.balanced import balanced_accuracy

        return balanced_accuracy(judged.back, judged.labels)
