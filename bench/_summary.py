"""The arithmetic of the comparison: means, paired differences, ratios of time, and whether the goals are met."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bench._outcomes import Outcome, only

TENTH = 0.1
"""Share of the fastest peer's time that quick may take."""
POINTS = 0.05
"""What standard should be above the best peer, in the mean over the sets."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean with its 95% t-interval; of a single value there is none, and ``low`` and ``high`` are NaN."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """A contestant on a set, over the seeds that all its contestants finished.

    Attributes:
        accuracy: balanced accuracy.
        seconds: least, median and most of the wall, by draw.
        cpu: median of the seconds of all processors.
        peak: highest MiB.
        of_fastest: median over the seeds of its time by that of the fastest peer in the same seed.
        of_slowest: the same by the slowest peer.
        of_floor: the same by the frozen loop.
        minus: balanced accuracy minus that of each peer and the floor, paired by seed.
    """

    contestant: str
    accuracy: Estimate
    seconds: tuple[float, float, float]
    cpu: float
    peak: float
    of_fastest: float
    of_slowest: float
    of_floor: float
    minus: Mapping[str, Estimate]


@dataclass(frozen=True, kw_only=True)
class SetSummary:
    """One set; ``best`` is the peer with the highest mean accuracy, empty if there is none."""

    set: str
    seeds: tuple[int, ...]
    rows: Mapping[str, Row]
    best: str


@dataclass(frozen=True, kw_only=True)
class Overall:
    """Over the sets: per seed the mean over sets of standard minus the set's best peer, and then over the seeds.

    The interval is about other draws from these sets, not about other sets. ``per_set`` has the same by set.
    """

    gain: Estimate
    per_set: Mapping[str, Estimate]


def estimate(values: ArrayLike) -> Estimate:
    """Mean of ``values (N,)`` and its 95% t-interval."""
    found = np.asarray(values, dtype=np.float64)
    mean = float(found.mean())
    if len(found) < 2:
        return Estimate(mean=mean, low=math.nan, high=math.nan)
    half = float(stats.t.ppf(0.975, len(found) - 1)) * float(stats.sem(found))
    return Estimate(mean=mean, low=mean - half, high=mean + half)


def summarise(outcomes: Sequence[Outcome], set: str, *, peers: Sequence[str], floor: str) -> SetSummary | None:
    """What was measured on ``set``; None if no seed was finished by everyone who was started on it."""
    names = list(dict.fromkeys(each.contestant for each in outcomes if each.set == set))
    found = {name: only(outcomes, set, name) for name in names}
    seeds = tuple(sorted(frozenset.intersection(*map(frozenset, found.values())))) if found else ()
    if not seeds:
        return None
    score = {name: np.array([by[seed].balanced_accuracy for seed in seeds]) for name, by in found.items()}
    wall = {name: np.array([by[seed].wall for seed in seeds]) for name, by in found.items()}
    there = [name for name in peers if name in found]
    unknown = np.full(len(seeds), math.nan)
    fastest = np.min([wall[name] for name in there], axis=0) if there else unknown
    slowest = np.max([wall[name] for name in there], axis=0) if there else unknown
    others = [*there, *([floor] if floor in found else [])]
    rows = {
        name: Row(
            contestant=name,
            accuracy=estimate(score[name]),
            seconds=(float(wall[name].min()), float(np.median(wall[name])), float(wall[name].max())),
            cpu=float(np.median([found[name][seed].cpu for seed in seeds])),
            peak=max(found[name][seed].peak for seed in seeds),
            of_fastest=float(np.median(wall[name] / fastest)),
            of_slowest=float(np.median(wall[name] / slowest)),
            of_floor=float(np.median(wall[name] / wall.get(floor, unknown))),
            minus={other: estimate(score[name] - score[other]) for other in others if other != name},
        )
        for name in names
    }
    best = max(there, key=lambda name: rows[name].accuracy.mean, default="")
    return SetSummary(set=set, seeds=seeds, rows=rows, best=best)


def overall(
    outcomes: Sequence[Outcome], summaries: Sequence[SetSummary], contestant: str = "standard"
) -> Overall | None:
    """``contestant`` against the best peer of every set; None if there is no seed that all these sets share."""
    met = [each for each in summaries if each.best and contestant in each.rows]
    shared = sorted(frozenset.intersection(*(frozenset(each.seeds) for each in met))) if met else []
    if not shared:
        return None
    gains = np.array([_gains(outcomes, each, contestant, shared) for each in met])
    return Overall(
        gain=estimate(gains.mean(axis=0)),
        per_set={each.set: each.rows[contestant].minus[each.best] for each in met},
    )


def _gains(outcomes: Sequence[Outcome], summary: SetSummary, contestant: str, seeds: Sequence[int]) -> list[float]:
    own, best = only(outcomes, summary.set, contestant), only(outcomes, summary.set, summary.best)
    return [own[seed].balanced_accuracy - best[seed].balanced_accuracy for seed in seeds]
