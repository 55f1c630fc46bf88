"""Choose among candidates: the one of which most is to be expected, or a cheaper one that comes close to it.

What few items measure is mostly luck, and the luckiest of several looks better than it is. A measured lead d with the
standard error s is therefore drawn towards the lead m that is expected of candidates of its kind, which scatter by
`SCATTER` around it: the mean of the normal posterior,

    (d SCATTER^2 + m s^2) / (SCATTER^2 + s^2).

Ten items leave nearly m, a thousand nearly d. Ways to adapt lead over the probe of their own backbone; probes lead over
one of them, and nothing is known of that beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from headstart.core.errors import UserError
from headstart.core.results import Interval
from headstart.engine.compare import Comparison, compare_cross_validated
from headstart.engine.estimates import Sample, scored_rows
from headstart.engine.intervals import cross_validated_interval
from headstart.engine.strata import strata_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


SCATTER = 0.04
"""Standard deviation of the lead of `full` over the linear probe on three sets with 5, 10 and 50 labels a class, five
to seven draws each: 3.6 points, 3.9 in the mean."""
CLOSE = 0.005
"""What a cheaper candidate may be expected to lose."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The numbers of a `headstart.core.results.CandidateRow` that choosing brings out.

    ``score`` is None when no fold was finished. ``difference`` is candidate minus best on what both were scored on,
    with its ``standard_error``; both are None when that is nothing and for the best itself. ``expected`` is the score
    that is chosen by, None where there is nothing to compare it with. ``folds`` counts finished splits over all
    repeats.
    """

    score: Interval | None
    difference: Interval | None
    standard_error: float | None
    expected: float | None
    folds: int


def choose(
    credits: Sequence[NDArray[np.float64]],
    folds: NDArray[np.integer],
    items: Sample,
    costs: Sequence[float],
    leads: Sequence[float],
    origins: Sequence[int],
    *,
    whole: Sample | None = None,
) -> tuple[int, tuple[Measured, ...]]:
    """Index of the chosen candidate and what was measured of each.

    ``credits`` are out-of-fold shares ``(R, N)`` per candidate on common ``folds (R, N)``, NaN where a budget ended
    first; differences are paired on what two candidates share. ``leads`` are what is expected of each above the linear
    probe of its backbone, and ``origins`` the number of the candidate that stands for that: its own where there is
    none. Those that are their own origin are compared with the cheapest of the candidates scored on as many items as
    any, others with their origin, and the leads drawn towards the expected ones (see the module). Of those within
    `CLOSE` of the highest the cheapest is chosen; of equally cheap ones the one of which more is expected, then the
    first. Costs say how much of a network is reworked, not how large it is: between backbones with a head each, the
    score alone decides. A candidate that shares no item with the others is not chosen.

    The best, to which differences are given, is the candidate with the highest score among those scored on as many
    items as any; one scored on fewer takes its place only if it is better on the items they share by more than one
    standard error.

    Scores are those of ``items``, or of the same ones tied as in ``whole``.

    Raises:
        UserError: there is no candidate, not one of them was scored, or candidates, costs and leads differ in number.
    """
    rows = [scored_rows(credit) for credit in credits]
    _check(rows, costs, leads)
    full = _full(rows)
    best = _best(rows, full, folds, items)
    base = min(
        (k for k in full if _shared(rows[k], rows[best])), key=lambda k: (costs[k], -strata_of(rows[k], items).value, k)
    )
    known = {base: strata_of(rows[base], items).value}
    for k in sorted(range(len(rows)), key=lambda k: origins[k] != k):  # origins first
        origin = origins[k] if origins[k] != k and _shared(rows[k], rows[origins[k]]) else base
        if k != base and origin in known and _shared(rows[k], rows[origin]):
            lead = compare_cross_validated(rows[k], rows[origin], folds, items)
            known[k] = known[origin] + _drawn(lead, leads[k] - leads[origin])
    measured = tuple(_measure(k, best, rows, folds, (items, whole or items), known.get(k)) for k in range(len(rows)))
    close = [k for k, value in known.items() if value >= max(known.values()) - CLOSE]
    return min(close, key=lambda k: (costs[k], -known[k], k)), measured


def _check(rows: Sequence[NDArray[np.float64]], costs: Sequence[float], leads: Sequence[float]) -> None:
    if not len(rows) == len(costs) == len(leads):
        raise UserError(
            f"Every candidate needs a cost and a lead: got {len(rows)} candidates, {len(costs)} costs and "
            f"{len(leads)} leads."
        )
    if not rows:
        raise UserError("There is no candidate to choose from; name a model and a strategy that suits it.")
    if all(np.isnan(row).all() for row in rows):
        raise UserError("No candidate finished a single fold, so there is nothing to choose by; allow a larger budget.")


def _shared(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether two candidates were scored on an item in common."""
    return bool((~np.isnan(one) & ~np.isnan(other)).any())


def _full(rows: Sequence[NDArray[np.float64]]) -> list[int]:
    """The candidates that were scored on as many items as any."""
    scored = [int((~np.isnan(row)).sum()) for row in rows]
    return [k for k, count in enumerate(scored) if count == max(scored)]


def _best(rows: Sequence[NDArray[np.float64]], full: Sequence[int], folds: NDArray[np.integer], items: Sample) -> int:
    best = max(full, key=lambda k: (strata_of(rows[k], items).value, -k))
    leads = []
    for k, row in enumerate(rows):
        if k not in full and _shared(row, rows[best]):
            lead = compare_cross_validated(row, rows[best], folds, items)
            if lead.value > lead.standard_error:
                leads.append((lead.value, -k))
    return -max(leads)[1] if leads else best


def _drawn(measured: Comparison, expected: float) -> float:
    """The lead that is to be expected after it was measured."""
    trust = SCATTER**2 / (SCATTER**2 + measured.variance)
    return trust * measured.value + (1 - trust) * expected


def _measure(
    k: int,
    best: int,
    rows: Sequence[NDArray[np.float64]],
    folds: NDArray[np.integer],
    samples: tuple[Sample, Sample],
    expected: float | None,
) -> Measured:
    """What there is to say of candidate ``k``; ``samples`` are those of differences and of scores."""
    paired_on, scored_on = samples
    seen = ~np.isnan(rows[k])
    if not seen.any():
        return Measured(score=None, difference=None, standard_error=None, expected=None, folds=0)
    finished = sum(len(np.unique(fold[row])) for fold, row in zip(folds, seen, strict=True))
    score = cross_validated_interval(rows[k], folds, scored_on)
    paired = None
    if k != best and _shared(rows[k], rows[best]):
        paired = compare_cross_validated(rows[k], rows[best], folds, paired_on)
    return Measured(
        score=score,
        difference=paired.interval if paired else None,
        standard_error=paired.standard_error if paired else None,
        expected=expected,
        folds=finished,
    )
