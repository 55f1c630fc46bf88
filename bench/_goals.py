"""The two goals in words: where they are met, and where not and by how much."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench._summary import POINTS, TENTH, Estimate, Overall, SetSummary


def points(found: Estimate) -> str:
    """A difference in points with its interval: ``+2.1 (+0.4 to +3.8)``."""
    if math.isnan(found.low):
        return _signed(found.mean)
    return f"{_signed(found.mean)} ({_signed(found.low)} to {_signed(found.high)})"


def _signed(difference: float) -> str:
    return f"{round(100 * difference, 1) + 0.0:+.1f}"  # the sum turns -0.0 into 0.0


def quick_goal(summaries: Sequence[SetSummary], titles: Mapping[str, str]) -> list[str]:
    """Quick is at least as accurate as every peer, in a tenth of the fastest peer's time; one line per set."""
    lines = []
    for each in summaries:
        if "quick" not in each.rows or not each.best:
            continue
        row = each.rows["quick"]
        lead = row.minus[each.best]
        misses = ["less accurate"] if lead.mean < 0 else []
        misses += [] if row.of_fastest <= TENTH else ["too slow"]
        word = f"**not met** ({' and '.join(misses)})" if misses else "met"
        lines.append(
            f"- {each.set}: {word}: {points(lead)} points to {titles[each.best]}, the best peer, "
            f"in {row.of_fastest:.2f} of the fastest peer's time."
        )
    return lines


def standard_goal(summaries: Sequence[SetSummary], found: Overall, titles: Mapping[str, str]) -> list[str]:
    """Standard is five points above the best peer in the mean, within the slowest peer's time."""
    mean = "met" if found.gain.mean >= POINTS else "**not met**"
    lines = [f"- In the mean over the sets: {mean}: {points(found.gain)} points to the best peer."]
    for each in summaries:
        if each.set not in found.per_set:
            continue
        row = each.rows["standard"]
        late = "" if row.of_slowest <= 1 else "; **not within the slowest peer's time**"
        low = "" if found.per_set[each.set].mean >= POINTS else "; under 5 points"
        lines.append(
            f"- {each.set}: {points(found.per_set[each.set])} points to {titles[each.best]}, "
            f"{row.of_slowest:.2f} of the slowest peer's time{low}{late}."
        )
    return lines
