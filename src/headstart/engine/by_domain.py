"""How well the model does in every domain by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart.core.results import DomainScore
from headstart.core.task import Task
from headstart.engine.estimates import Sample
from headstart.engine.final import Scored
from headstart.engine.intervals import mean_interval


def by_domain(scored: Scored, task: Task, names: Sequence[str]) -> tuple[DomainScore, ...]:
    """The primary metric of the ``scored`` items of each domain, the worst first; domains are called ``names``.

    Items that have none are left out. The interval is over items of that domain, whose ties count as one.
    """
    found = []
    for number, name in enumerate(names if scored.domains is not None else ()):
        rows = np.flatnonzero(scored.domains == number)
        if not len(rows):
            continue
        targets = scored.targets[rows]
        credit = task.credit(scored.probabilities[rows], targets)
        score = mean_interval(credit, Sample.of(task, targets, scored.ties[rows]))
        found.append(DomainScore(domain=name, items=len(rows), score=score))
    return tuple(sorted(found, key=lambda each: each.score.value))
