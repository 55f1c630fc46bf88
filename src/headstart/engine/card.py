"""The domain card of two sides: are they one domain, in what do they differ, which items differ most?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.core.card import DomainCard, Likeness
from headstart.core.features import Features
from headstart.core.progress import Progress
from headstart.distances.outside import USUAL, outside
from headstart.distances.properties import differing, properties
from headstart.distances.two_sample import LEVEL, TwoSample, two_sample
from headstart.engine.items import Items

SHOWN = 5
"""Items at either end."""
SEEN = 200
"""Items a side whose properties are looked at."""
PREVIEWED = 256
MOST = 2000
"""Items of the second side that are looked up among the first."""
FEW = 10.0
"""Items of a class below which its frequency is not compared by chi-squared."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """N items with features ``(N, D)``, what people call them, and their ties; ``targets (N,)`` where they are
    known.
    """

    name: str
    features: NDArray[np.floating] | Features
    items: Items
    ids: Sequence[str]
    groups: NDArray[np.int64]
    targets: NDArray[np.int64] | None = None


Preview = Callable[[Any], Mapping[str, str | None]]


def domain_card(first: Side, second: Side, *, preview: Preview, progress: Progress, seed: int = 0) -> DomainCard:
    """How far the ``second`` side is from the ``first``.

    Raises:
        UserError: a side has too few items, or features that do not vary.
    """
    found = _compared(first, second, seed)
    within = None
    if first.targets is not None and second.targets is not None:
        within = _compared(first, second, seed, classes=True).p
    (known, groups), (shown, _) = (_some(side, MOST, seed) for side in (first, second))
    away = outside(known, shown, groups)
    with progress.stage("what both sides look like"):
        told = _differing(first, second, seed)
    order = np.argsort(found.likeness, kind="stable")
    return DomainCard(
        first=first.name,
        second=second.name,
        items=found.items,
        groups=found.groups,
        separability=found.separability,
        mmd=found.mmd,
        frechet=found.frechet,
        p=found.p,
        apart=found.apart,
        within=within,
        outside=float(away.mean()),
        differing=told,
        nearest=tuple(_shown(second, found, int(place), preview) for place in order[::-1][:SHOWN]),
        farthest=tuple(_shown(second, found, int(place), preview) for place in order[:SHOWN]),
        kinds=_kinds(first, second, found, within, away, bool(told)),
    )


def _compared(first: Side, second: Side, seed: int, *, classes: bool = False) -> TwoSample:
    strata = None
    if classes and first.targets is not None and second.targets is not None:
        strata = (first.targets, second.targets)
    return two_sample(
        first.features,
        second.features,
        first_groups=first.groups,
        second_groups=second.groups,
        strata=strata,
        seed=seed,
    )


def _some(side: Side, most: int, seed: int) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    rows = np.arange(len(side.groups))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).choice(len(rows), most, replace=False))
    return np.asarray(side.features[rows]), side.groups[rows]


def _differing(first: Side, second: Side, seed: int) -> Any:
    described, groups = [], []
    for side in (first, second):
        rows = np.sort(np.random.default_rng(seed).permutation(len(side.groups))[:SEEN])
        described.append([_described(side.items, int(row)) for row in rows])
        groups.append(side.groups[rows])
    return differing(*described, first_groups=groups[0], second_groups=groups[1], seed=seed)


def _described(items: Items, position: int) -> dict[str, float]:
    """Of a picture that may have been decoded at a reduced scale; its size is that of the file."""
    size = None if items.header is None else items.header(position).size
    return properties(items.read(position, PREVIEWED), size)


def _shown(side: Side, found: TwoSample, place: int, preview: Preview) -> Likeness:
    row = int(found.rows[place])
    return Likeness(id=side.ids[row], likeness=float(found.likeness[place]), **preview(side.items.read(row, PREVIEWED)))


def _kinds(
    first: Side, second: Side, found: TwoSample, within: float | None, away: NDArray[np.bool_], differ: bool
) -> tuple[str, ...]:
    """What kind of shift it looks like, by code.

    ``classes`` are more or less frequent; ``appearance`` differs in what anybody can see; ``new`` items are like
    nothing on the first side; ``content`` is what is left where the sides are apart and none of these explains it.
    """
    kinds = []
    if _frequencies_differ(first, second):
        kinds.append("classes")
    apart = found.apart if within is None else within <= LEVEL
    if apart and differ:
        kinds.append("appearance")
    usual = 1 - USUAL
    if apart and away.mean() > 2 * usual + 2 * np.sqrt(usual * USUAL / len(away)):
        kinds.append("new")
    if apart and not {"appearance", "new"} & set(kinds):
        kinds.append("content")
    return tuple(kinds)


def _frequencies_differ(first: Side, second: Side) -> bool:
    """Pearson's chi-squared test on one item of every group."""
    if first.targets is None or second.targets is None:
        return False
    from scipy.stats import chi2_contingency

    outputs = int(max(first.targets.max(), second.targets.max())) + 1
    counts = []
    for side in (first, second):
        once = np.unique(side.groups, return_index=True)[1]
        assert side.targets is not None
        counts.append(np.bincount(side.targets[once], minlength=outputs))
    table = np.stack(counts)
    table = table[:, table.sum(axis=0) >= FEW]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return False
    found: Any = chi2_contingency(table)
    return float(found.pvalue) <= LEVEL
