"""Choose among candidates: the cheapest that is within one standard error of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headstart.core.errors import UserError
from headstart.core.results import Interval
from headstart.engine.compare import compare_cross_validated
from headstart.engine.estimates import Sample, scored_rows
from headstart.engine.intervals import cross_validated_interval
from headstart.engine.strata import strata_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The numbers of a `headstart.core.results.CandidateRow` that choosing brings out.

    ``score`` is None when no fold was finished. ``difference`` is candidate minus best on what both were scored on,
    with its ``standard_error``; both are None when that is nothing and for the best itself. ``folds`` counts finished
    splits over all repeats.
    """

    score: Interval | None
    difference: Interval | None
    standard_error: float | None
    folds: int


def choose(
    credits: Sequence[NDArray[np.float64]], folds: NDArray[np.integer], items: Sample, costs: Sequence[float]
) -> tuple[int, tuple[Measured, ...]]:
    """Index of the chosen candidate and what was measured of each.

    ``credits`` are out-of-fold shares ``(R, N)`` per candidate on common ``folds (R, N)``, NaN where a budget ended
    first. Differences are paired on what two candidates share. The best is found first: the candidate with the
    highest score among those scored on as many items as any; one scored on fewer takes its place only if it is better
    on the items they share by more than one standard error. Then the cheapest whose paired difference to the
    best is at most one standard error is chosen (the rule of Breiman et al., 1984, section 3.4.3, with the paired
    standard error in place of that of the score, since the candidates share their items); of equally cheap ones,
    the better, then the first. Costs say how much of a network is reworked, not how large it is: between backbones
    with a head each, the score alone decides. A candidate that shares no item with the best is not chosen.

    Raises:
        UserError: there is no candidate, not one of them was scored, or costs and candidates differ in number.
    """
    rows = [scored_rows(credit) for credit in credits]
    _check(rows, costs)
    best = _best(rows, folds, items)
    measured = tuple(_measure(k, best, rows, folds, items) for k in range(len(rows)))

    def order(k: int) -> tuple[float, float, int]:
        return costs[k], -_lead(measured[k]), k

    close = [k for k in range(len(rows)) if k == best or _is_close(measured[k])]
    return min(close, key=order), measured


def _check(rows: Sequence[NDArray[np.float64]], costs: Sequence[float]) -> None:
    if len(rows) != len(costs):
        raise UserError(f"Every candidate needs a cost: got {len(rows)} candidates and {len(costs)} costs.")
    if not rows:
        raise UserError("There is no candidate to choose from; name a model and a strategy that suits it.")
    if all(np.isnan(row).all() for row in rows):
        raise UserError("No candidate finished a single fold, so there is nothing to choose by; allow a larger budget.")


def _best(rows: Sequence[NDArray[np.float64]], folds: NDArray[np.integer], items: Sample) -> int:
    scored = np.array([int((~np.isnan(row)).sum()) for row in rows])
    full = [k for k in range(len(rows)) if scored[k] == scored.max()]
    best = max(full, key=lambda k: (strata_of(rows[k], items).value, -k))
    partial = [k for k in range(len(rows)) if 0 < scored[k] < scored.max()]
    leads = []
    for k in partial:
        if (~np.isnan(rows[k]) & ~np.isnan(rows[best])).any():
            lead = compare_cross_validated(rows[k], rows[best], folds, items)
            if lead.value > lead.standard_error:
                leads.append((lead.value, -k))
    return -max(leads)[1] if leads else best


def _measure(
    k: int, best: int, rows: Sequence[NDArray[np.float64]], folds: NDArray[np.integer], items: Sample
) -> Measured:
    seen = ~np.isnan(rows[k])
    if not seen.any():
        return Measured(score=None, difference=None, standard_error=None, folds=0)
    finished = sum(len(np.unique(fold[row])) for fold, row in zip(folds, seen, strict=True))
    score = cross_validated_interval(rows[k], folds, items)
    paired = None
    if k != best and (seen & ~np.isnan(rows[best])).any():
        paired = compare_cross_validated(rows[k], rows[best], folds, items)
    return Measured(
        score=score,
        difference=paired.interval if paired else None,
        standard_error=paired.standard_error if paired else None,
        folds=finished,
    )


def _is_close(measured: Measured) -> bool:
    if measured.difference is None or measured.standard_error is None:
        return False
    return -measured.difference.value <= measured.standard_error


def _lead(measured: Measured) -> float:
    return 0.0 if measured.difference is None else measured.difference.value
