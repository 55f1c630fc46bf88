"""Did transfer help? One of four answers, from paired comparisons with every control, and the sentence that says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
MOST_ITEMS = 1_000_000


def verdict(comparisons: Mapping[str, Comparison], metric: str, margin: float = MARGIN) -> Verdict:
    """Transfer against the best of its controls.

    ``comparisons`` are transfer minus control, by the control's name as people should read it, all on the same items;
    ``metric`` is the primary metric as people should read it.

    - ``positive``: the lower end of the interval is above 0;
    - ``negative``: the upper end is below 0;
    - ``no_material_difference``: neither, and the whole interval lies within ``margin`` of 0;
    - ``cannot_tell``: anything else. Where harm beyond ``margin`` can be excluded the sentence says so.

    The interval is for the smallest difference, that to the best control whichever it is: see `best_control`.

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
    against, interval = best_control(comparisons)
    closest = comparisons[against]
    outcome = _outcome(interval, margin)
    needed = closest.needed(max(abs(interval.value), margin))
    unsettled = outcome == "cannot_tell" and closest.count < needed <= MOST_ITEMS
    record = Verdict(
        outcome=outcome,
        against=against,
        delta=interval.value,
        low=interval.low,
        high=interval.high,
        margin=margin,
        smallest_detectable=closest.smallest_detectable,
        needed=_two_digits(needed) if unsettled else None,
        sentence="",
    )
    return _with_sentence(record, metric, closest.count, len(comparisons))


def best_control(comparisons: Mapping[str, Comparison]) -> tuple[str, Interval]:
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
    """
    names = list(comparisons)
    values = list(comparisons.values())
    critical = critical_value(_correlation(values))
    closest = names[int(np.argmin([comparison.value for comparison in values]))]
    low = min(comparison.bounds(Z)[0] for comparison in values)
    high = min(comparison.bounds(critical)[1] for comparison in values)
    method = comparisons[closest].method
    if len(names) > 1:
        method += f", against the best of {len(names)}"
    # The ends are minima of different quantiles; rounding apart, they enclose the smallest difference.
    return closest, Interval(value=comparisons[closest].value, low=low, high=high, method=method)


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


def _with_sentence(record: Verdict, metric: str, count: int, controls: int) -> Verdict:
    what = f"the best control ({record.against})" if controls > 1 else f"the control ({record.against})"
    size = f"{_points(record.delta)} of {metric}"
    interval = f"95% interval {_signed(record.low)} to {_signed(record.high)}"
    if record.outcome == "positive":
        text = f"Transfer helped: {size} over {what}, {interval}."
    elif record.outcome == "negative":
        text = f"Transfer hurt: {size} against {what}, {interval}."
    elif record.outcome == "no_material_difference":
        text = (
            f"Transfer makes no material difference: {size} against {what}, {interval}, "
            f"all within {100 * record.margin:g} {_plural(100 * record.margin)}."
        )
    else:
        text = f"Cannot tell whether transfer helped: {size} against {what}, {interval}. " + _advice(record, count)
    return replace(record, sentence=text)


def _advice(record: Verdict, count: int) -> str:
    harmless = ""
    if record.low >= -record.margin:
        harmless = f"It does no material harm (more than {100 * record.margin:g} {_plural(100 * record.margin)}). "
    if record.needed is None:
        return f"{harmless}With {count:,} scored items only a difference of {_detectable(record)} is found reliably."
    return (
        f"{harmless}With {count:,} scored items only a difference of {_detectable(record)} is found reliably; "
        f"about {record.needed:,} scored items would settle it."
    )


def _detectable(record: Verdict) -> str:
    return f"{100 * record.smallest_detectable:.1f} points or more"


def _points(value: float) -> str:
    return f"{_signed(value)} {_plural(100 * value)}"


def _signed(value: float) -> str:
    rounded = round(100 * value, 1) + 0.0
    return f"{rounded:+.1f}" if rounded else "0.0"


def _plural(points: float) -> str:
    return "point" if round(abs(points), 1) == 1 else "points"


def _two_digits(count: int) -> int:
    """Rounded up to two significant digits: an estimate should not look like a count."""
    step = 10 ** max(0, len(str(count)) - 2)
    return -(-count // step) * step
