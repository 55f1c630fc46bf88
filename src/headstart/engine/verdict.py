"""Did transfer help? One of four answers, from paired comparisons with every control, and the sentence that says it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from headstart.core.errors import UserError
from headstart.core.results import Interval, Outcome, Verdict
from headstart.engine.compare import Comparison
from headstart.engine.estimates import Z

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARGIN = 0.01
"""Differences up to one point do not matter in practice, unless the caller says otherwise."""

ERROR = 0.05
MINUS = "\N{MINUS SIGN}"
MOST_TIMES = 100
"""How many times the items that there are a guess at those needed may be: four items say nothing of thousands."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Transfer minus the best control: ``interval``, by the names of the controls that made it.

    ``closest`` has the smallest difference, ``lowest`` sets the lower end, and those ``apart`` are too coarse to count.
    """

    interval: Interval
    closest: str
    lowest: str
    apart: tuple[str, ...]


def verdict(
    comparisons: Mapping[str, Comparison],
    metric: str,
    margin: float = MARGIN,
    spoken: Mapping[str, str] | None = None,
    perfect: Collection[str] = (),
) -> Verdict:
    """Transfer against the best of its controls.

    ``comparisons`` are transfer minus control by the control's name, all on the same items or some of them; ``metric``
    is the primary metric as people should read it, and ``spoken`` holds the controls' names as they should. Those that
    are ``perfect`` are right on every item.

    - ``positive``: the lower end of the interval is above 0;
    - ``negative``: the upper end is below 0;
    - ``no_material_difference``: neither, and the whole interval lies within ``margin`` of 0;
    - ``cannot_tell``: anything else. Where harm beyond ``margin`` can be excluded the sentence says so.

    The interval is for the smallest difference, that to the best control whichever it is: see `best_control`. What it
    would take to tell is that of the comparison in the way: the one that holds the lower end down where transfer
    leads, else that with the closest control.

    Raises:
        UserError: there is no control to compare with, or ``margin`` is not between 0 and 1.
    """
    problems = []
    if not comparisons:
        problems.append("A verdict needs at least one control to compare with; none was measured.")
    if not 0 < margin < 1:
        problems.append(f"The margin of a verdict is a difference between 0 and 1, such as 0.01; got {margin:g}.")
    if problems:
        raise UserError(*problems)
    standing = best_control(comparisons)
    interval, outcome = standing.interval, _outcome(standing.interval, margin)
    hindrance = standing.lowest if outcome == "cannot_tell" and interval.value > 0 else standing.closest
    rests_on = comparisons[hindrance]
    needed = rests_on.needed(max(abs(rests_on.value), margin))
    beyond = standing.closest in perfect and outcome != "positive"
    unsettled = outcome == "cannot_tell" and not beyond and rests_on.count < needed <= MOST_TIMES * rests_on.count
    names = {name: (spoken or {}).get(name, name) for name in comparisons}
    record = Verdict(
        outcome=outcome,
        against=names[standing.closest],
        apart=standing.apart,
        delta=interval.value,
        low=interval.low,
        high=interval.high,
        margin=margin,
        scored=rests_on.count,
        smallest_detectable=rests_on.smallest_detectable,
        needed=_two_digits(needed) if unsettled else None,
        sentence="",
    )
    text = _sentence(record, metric, len(comparisons) - len(standing.apart), names[hindrance])
    nothing = ["That control is right on every item scored: there is nothing left to gain here."] if beyond else []
    left_out = [_apart(names[name], comparisons[name]) for name in standing.apart]
    return replace(record, sentence=" ".join([text, *nothing, *left_out]))


def best_control(comparisons: Mapping[str, Comparison]) -> Standing:
    """The control that did best on these items, and a 95% interval for transfer minus the truly best control.

    Which control is best is itself learnt from the items, so their interval for the apparent best would be wrong
    too often. With ``delta = min_k delta_k`` over controls k:

    - lower end ``min_k low_k``, each at one-sided 2.5%: transfer beats the best only if it beats every one
      (intersection-union test; Berger, Technometrics 24, 1982), and no correction is needed;
    - upper end ``min_k high_k``, at a common critical value c: transfer loses to the best if it loses to any, so
      the error is shared out. c is set so that when transfer equals every control both ends together miss in 5%,
      given the correlation of the comparisons; with one control c is 1.96 and both are the ordinary interval. This
      uses the share that the lower end, which rarely errs against several equal controls, leaves over; it is Holm's
      first step with known correlation (Dunnett's), later steps being of no use to a statement about the best.

    If only some controls equal transfer and the others are worse, both ends miss less often still.

    A control scored on fewer items than the others would set the lower end by being coarse, however far behind it
    is. It is left ``apart`` where it does not look like the best, that is where transfer leads it by more than it leads
    the closest of the others and by more than one standard error. Then "positive" is no statement about it, and the
    sentence names it. Were it always left apart, transfer that merely equals it would pass as better half of the time;
    as it is, its luck must exceed both, and the bench ``null`` measures how often that happens.
    """
    values = list(comparisons.values())
    critical = critical_value(_correlation(values))
    counted = _counted(comparisons)
    lows = {name: comparison.bounds(Z)[0] for name, comparison in counted.items()}
    closest = min(counted, key=lambda name: counted[name].value)
    lowest = min(lows, key=lambda name: lows[name])
    high = min(comparison.bounds(critical)[1] for comparison in counted.values())
    method = counted[closest].method
    if len(counted) > 1:
        method += f", against the best of {len(counted)}"
    # The ends are minima of different quantiles; rounding apart, they enclose the smallest difference.
    interval = Interval(value=counted[closest].value, low=lows[lowest], high=high, method=method)
    apart = tuple(name for name in comparisons if name not in counted)
    return Standing(interval=interval, closest=closest, lowest=lowest, apart=apart)


def _counted(comparisons: Mapping[str, Comparison]) -> dict[str, Comparison]:
    most = max(comparison.count for comparison in comparisons.values())
    lead = min(comparison.value for comparison in comparisons.values() if comparison.count == most)
    return {
        name: comparison
        for name, comparison in comparisons.items()
        if comparison.count == most or comparison.value <= max(lead, comparison.standard_error)
    }


def critical_value(correlation: NDArray[np.float64], error: float = ERROR) -> float:
    """Solve for c: ``P(all t_k > 1.96) + P(some t_k < -c) = error``, t being jointly normal
    with ``correlation (K, K)``.

    By quasi-Monte Carlo on 2^14 fixed points, good to about 0.01 in c.
    """
    if len(correlation) == 1:
        return float(stats.norm.isf(error / 2))
    values, vectors = np.linalg.eigh(correlation)
    t = (vectors * np.sqrt(np.maximum(values, 0.0))) @ _normal_points(len(correlation))
    least = np.minimum.reduce(t)
    falsely_positive = float((least > Z).mean())
    return float(np.quantile(-least, 1 - (error - falsely_positive)))


@lru_cache(maxsize=8)
def _normal_points(dimensions: int) -> NDArray[np.float64]:
    return np.ascontiguousarray(stats.norm.ppf(stats.qmc.Sobol(dimensions, rng=0).random_base2(14)).T)


def _correlation(comparisons: list[Comparison]) -> NDArray[np.float64]:
    """Of the differences to each control, around zero, from what each group of items adds to them."""
    parts = np.stack([comparison.contributions for comparison in comparisons])
    products = parts @ parts.T
    scale = np.sqrt(np.diag(products))
    if (scale == 0).any():
        # A control that never differs says nothing about correlation: independence asks for the widest interval.
        return np.eye(len(parts))
    return products / np.outer(scale, scale)


def _outcome(interval: Interval, margin: float) -> Outcome:
    if interval.low > 0:
        return "positive"
    if interval.high < 0:
        return "negative"
    if -margin <= interval.low and interval.high <= margin:
        return "no_material_difference"
    return "cannot_tell"


def _sentence(record: Verdict, metric: str, controls: int, hindrance: str) -> str:
    what = f"the best control ({record.against})" if controls > 1 else f"the control ({record.against})"
    size = f"{_points(record.delta)} of {metric}"
    interval = f"95% interval {_signed(record.low)} to {_signed(record.high)}"
    if record.outcome == "positive":
        return f"Transfer helped: {size} over {what}, {interval}."
    if record.outcome == "negative":
        return f"Transfer hurt: {size} against {what}, {interval}."
    if record.outcome == "no_material_difference":
        return (
            f"Transfer makes no material difference: {size} against {what}, {interval}, "
            f"all within {100 * record.margin:g} {_plural(100 * record.margin)}."
        )
    return f"Cannot tell whether transfer helped: {size} against {what}, {interval}. {_advice(record, hindrance)}"


def _advice(record: Verdict, hindrance: str) -> str:
    text = ""
    if record.low >= -record.margin:
        text = f"It does no material harm (more than {100 * record.margin:g} {_plural(100 * record.margin)}). "
    if hindrance != record.against:
        text += f"What is open is the comparison with {hindrance}. "
    text += f"With {record.scored:,} scored items only a difference of {_detectable(record)} is found reliably"
    return f"{text}." if record.needed is None else f"{text}; about {record.needed:,} scored items would settle it."


def _apart(name: str, comparison: Comparison) -> str:
    low, high = comparison.bounds()
    difference = f"{_signed(comparison.value)} ({_signed(low)} to {_signed(high)})"
    return f"Not counted, for it was scored on {comparison.count:,} of these items only: {name}, {difference}."


def _detectable(record: Verdict) -> str:
    return f"{100 * record.smallest_detectable:.1f} points or more"


def _points(value: float) -> str:
    return f"{_signed(value)} {_plural(100 * value)}"


def _signed(value: float) -> str:
    rounded = round(100 * value, 1) + 0.0
    return f"{rounded:+.1f}".replace("-", MINUS) if rounded else "0.0"


def _plural(points: float) -> str:
    return "point" if round(abs(points), 1) == 1 else "points"


def _two_digits(count: int) -> int:
    """Rounded up to two significant digits: an estimate should not look like a count."""
    step = 10 ** max(0, len(str(count)) - 2)
    return -(-count // step) * step
