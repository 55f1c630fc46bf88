"""The domain card of two sides: are they one domain, in what do they differ, which items differ most?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.core.card import Differing, DomainCard, Likeness
from headstart.core.features import Features
from headstart.core.progress import Progress
from headstart.distances.outside import USUAL, outside
from headstart.distances.properties import differing, properties
from headstart.distances.two_sample import LEVEL, TwoSample, independent, two_sample
from headstart.engine.items import Items

SHOWN = 5
"""Items at either end."""
SEEN = 200
"""Items a side whose properties are looked at."""
PREVIEWED = 256
MOST = 2000
"""Items a side whose neighbours are looked up."""
EXPECTED = 5.0
"""Items of a class expected on the smaller side, from which on chi-squared may look at it."""


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
Targets = tuple[NDArray[np.int64], NDArray[np.int64]]


def domain_card(first: Side, second: Side, *, preview: Preview, progress: Progress, seed: int = 0) -> DomainCard:
    """How far the ``second`` side is from the ``first``.

    Raises:
        UserError: a side has too few items, or features that do not vary.
    """
    found = _compared(first, second, seed, None)
    within, strata = None, None
    if first.targets is not None and second.targets is not None:
        strata = (first.targets, second.targets)
        within = _compared(first, second, seed, strata).p
    apart = (found.p if within is None else within) <= LEVEL
    random = np.random.default_rng(seed)
    single = [independent(len(side.groups), side.groups, random) for side in (first, second)]
    known, shown = (
        np.asarray(side.features[np.sort(rows[:MOST])]) for side, rows in zip((first, second), single, strict=True)
    )
    away = outside(known, shown)
    with progress.stage("what both sides look like"):
        told = _differing((first, second), [rows[:SEEN] for rows in single], strata, seed)
    kinds = ["classes"] if strata is not None and _frequencies_differ(strata, single) else []
    order = np.argsort(found.likeness, kind="stable")
    return DomainCard(
        first=first.name,
        second=second.name,
        items=found.items,
        separability=found.separability,
        mmd=found.mmd,
        frechet=found.frechet,
        p=found.p,
        apart=apart,
        within=within,
        outside=float(away.mean()),
        differing=told,
        nearest=tuple(_shown(second, found, int(place), preview) for place in order[::-1][:SHOWN]),
        farthest=tuple(_shown(second, found, int(place), preview) for place in order[:SHOWN]),
        kinds=(*kinds, *(_kinds(away, bool(told)) if apart else ())),
    )


def _compared(first: Side, second: Side, seed: int, strata: Targets | None) -> TwoSample:
    return two_sample(
        first.features,
        second.features,
        first_groups=first.groups,
        second_groups=second.groups,
        strata=strata,
        seed=seed,
    )


def _differing(
    sides: tuple[Side, Side], rows: Sequence[NDArray[np.int64]], strata: Targets | None, seed: int
) -> tuple[Differing, ...]:
    described = [[_described(side.items, int(row)) for row in own] for side, own in zip(sides, rows, strict=True)]
    kinds = None
    if strata is not None:
        kinds = np.concatenate([targets[own] for targets, own in zip(strata, rows, strict=True)])
    return differing(*described, strata=kinds, seed=seed)


def _described(items: Items, position: int) -> dict[str, float]:
    """Of a picture that may have been decoded at a reduced scale; its size is that of the file."""
    longer = None if items.header is None else max(items.header(position).size)
    return properties(items.read(position, PREVIEWED), longer)


def _shown(side: Side, found: TwoSample, place: int, preview: Preview) -> Likeness:
    row = int(found.rows[place])
    return Likeness(id=side.ids[row], likeness=float(found.likeness[place]), **preview(side.items.read(row, PREVIEWED)))


def _kinds(away: NDArray[np.bool_], differ: bool) -> tuple[str, ...]:
    """What kind of shift it looks like where the sides are apart, by code.

    ``appearance`` differs in what anybody can see; ``new`` items are like nothing on the first side: more than twice as
    many as usual, by two standard errors; ``content`` is what is left where neither is so.
    """
    usual = 1 - USUAL
    kinds = ["appearance"] if differ else []
    if away.mean() > 2 * usual + 2 * np.sqrt(usual * USUAL / len(away)):
        kinds.append("new")
    return tuple(kinds) or ("content",)


def _frequencies_differ(strata: Targets, rows: Sequence[NDArray[np.int64]]) -> bool:
    """Pearson's chi-squared test on items that are independent; classes too rare for it are taken together."""
    from scipy.stats import chi2_contingency

    outputs = int(max(targets.max() for targets in strata)) + 1
    table = np.stack([np.bincount(targets[own], minlength=outputs) for targets, own in zip(strata, rows, strict=True)])
    expected = table.sum(axis=0) * table.sum(axis=1).min() / table.sum()
    rare = expected < EXPECTED
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return False
    found: Any = chi2_contingency(table)
    return float(found.pvalue) <= LEVEL
