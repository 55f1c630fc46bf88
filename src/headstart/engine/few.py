"""Ways across chosen by a few labelled items of the target, which nothing is fitted to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headstart.core.alignment import SOURCE_ONLY, Alignment
from headstart.core.results import FewRecord
from headstart.core.task import Task
from headstart.engine.compare import compare
from headstart.engine.estimates import Sample
from headstart.engine.intervals import mean_interval
from headstart.engine.outputs import probabilities_of
from headstart.engine.selection import luck

LEAD = 1.0
"""Standard errors by which a way has to be ahead of what the guard took to be taken in its place: of few items the
plain best is partly luck, and what the guard took has a reason."""


@dataclass(frozen=True, kw_only=True)
class Few:
    """Labelled items of the target: their ``targets (L,)`` and ties ``groups (L,)``."""

    targets: NDArray[np.int64]
    groups: NDArray[np.int64]


def chosen(
    alignment: Alignment, logits: Mapping[str, NDArray[np.floating]], few: Few, task: Task
) -> tuple[Alignment, FewRecord]:
    """The way that the items speak for, by the ``logits (L, C)`` of every way, and what they say of each.

    It is the one that is most often right, if it is ahead of what the guard took by more than `LEAD` standard errors
    of the paired difference, and what the guard took otherwise; one that was asked for by name stays in any case. Where
    the items chose, what they say it gains is freed from the luck of having been chosen
    (`headstart.engine.selection.luck`).
    """
    items, usual = Sample.of(task, few.targets, few.groups), alignment.taken
    credits = {name: task.credit(probabilities_of(each, task), few.targets) for name, each in logits.items()}
    best = max(credits, key=lambda name: (float(credits[name].mean()), name == usual))
    ahead = compare(credits[best], credits[usual], items)
    asked = alignment.reason == "asked for"
    taken = best if not asked and ahead.value > LEAD * ahead.standard_error else usual
    right = {name: mean_interval(credit, items) for name, credit in credits.items()}
    gain = None if taken == SOURCE_ONLY else compare(credits[taken], credits[SOURCE_ONLY], items).interval
    if gain is not None and taken != usual:
        bias = luck(np.stack(list(credits.values()))[:, None, :], items, right[taken].value)
        gain = replace(
            gain,
            value=gain.value - bias,
            low=gain.low - bias,
            high=gain.high - bias,
            method=f"{gain.method}, corrected for choosing among {len(credits)} (BBC)",
        )
    record = FewRecord(items=len(few.targets), instead_of="" if taken == usual else usual, right=right, difference=gain)
    if taken == usual:
        return alignment, record
    sentence = (
        f"{len(few.targets)} labelled items of the target speak for it: it gets {credits[taken].mean():.0%} of them "
        f"right (balanced), and {usual}, which would have been taken without them, {credits[usual].mean():.0%}."
    )
    return replace(alignment, taken=taken, reason="labelled", sentence=sentence), record
