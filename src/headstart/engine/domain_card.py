"""The domain card of two sides: are they one domain, in what do they differ, which items differ most?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.core.domain_card import LEVEL, BlockDistance, Differing, DomainCard, Kind, Likeness
from headstart.core.progress import Progress
from headstart.distances.outside import USUAL, outside
from headstart.distances.properties import differing, properties
from headstart.distances.two_sample import TwoSample, two_sample
from headstart.engine.items import Items, in_turn

SHOWN = 5
"""Items at either end."""
SEEN = 200
"""Items a side whose properties are looked at."""
PREVIEWED = 256
EXPECTED = 5.0
"""Items of a class expected on the smaller side, from which on chi-squared may look at it."""


Preview = Callable[[Any], Mapping[str, str | None]]
Targets = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class Side(ABC):
    """N items that are independent of one another, in an order that is drawn at random: features ``(N, D)``, what
    people call them, and ``targets (N,)`` where they are known: classes to hold equal.
    """

    name: str
    features: NDArray[np.floating]
    ids: Sequence[str] = ()
    targets: NDArray[np.int64] | None = None

    @abstractmethod
    def looks(self) -> Sequence[Mapping[str, float]]:
        """The `properties` of the first items, as many as were looked at."""

    def shown(self, row: int) -> Mapping[str, str | None]:
        """An excerpt or a thumbnail of an item, where there is one."""
        del row
        return {"text": None, "thumbnail": None}


@dataclass(frozen=True, kw_only=True)
class ItemsSide(Side):
    """A side whose items are at hand."""

    items: Items
    preview: Preview

    def looks(self) -> Sequence[Mapping[str, float]]:
        """See `Side.looks`."""
        return looks_of(self.items)

    def shown(self, row: int) -> Mapping[str, str | None]:
        """See `Side.shown`."""
        return self.preview(self.items.read(row, PREVIEWED))


@dataclass(frozen=True, kw_only=True)
class NotedSide(Side):
    """A side of whose items no more is left than what was noted of them."""

    noted: Sequence[Mapping[str, float]]

    def looks(self) -> Sequence[Mapping[str, float]]:
        """See `Side.looks`."""
        return self.noted


def domain_card(
    first: Side,
    second: Side,
    *,
    progress: Progress,
    blocks: Callable[[], tuple[BlockDistance, ...]] = tuple,
    seed: int = 0,
) -> DomainCard:
    """How far the ``second`` side is from the ``first`` and, where they are apart, what ``blocks`` say.

    Raises:
        UserError: a side has too few items, or features that do not vary.
    """
    targets = None
    if first.targets is not None and second.targets is not None:
        targets = first.targets, second.targets
    found = two_sample(first.features, second.features, strata=targets, seed=seed)
    apart = (found.p if found.within is None else found.within) <= LEVEL
    away = outside(first.features, second.features)
    with progress.stage("what both sides look like"):
        told = _differing(first.looks(), second.looks(), targets, seed)
    kinds: list[Kind] = ["classes"] if targets is not None and _frequencies_differ(targets) else []
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
        within=found.within,
        outside=float(away.mean()),
        differing=told,
        nearest=tuple(_shown(second, found, int(place)) for place in order[::-1][:SHOWN]),
        farthest=tuple(_shown(second, found, int(place)) for place in order[:SHOWN]),
        kinds=(*kinds, *(_kinds(away, bool(told)) if apart else ())),
        blocks=blocks() if apart else (),
    )


def _differing(
    first: Sequence[Mapping[str, float]],
    second: Sequence[Mapping[str, float]],
    targets: Targets | None,
    seed: int,
) -> tuple[Differing, ...]:
    strata = None
    if targets is not None:
        strata = np.concatenate([own[: len(looks)] for own, looks in zip(targets, (first, second), strict=True)])
    return differing(first, second, strata=strata, seed=seed)


def looks_of(items: Items) -> list[Mapping[str, float]]:
    """The properties of the first `SEEN` items."""
    return list(in_turn([partial(_look, items, row) for row in range(min(SEEN, len(items)))]))


def _look(items: Items, position: int) -> Mapping[str, float]:
    """Of a picture that may have been decoded at a reduced scale; its size is that of the file."""
    longer = None if items.header is None else max(items.header(position).size)
    return properties(items.read(position, PREVIEWED), longer)


def _shown(side: Side, found: TwoSample, place: int) -> Likeness:
    row = int(found.rows[place])
    return Likeness(id=side.ids[row], likeness=float(found.likeness[place]), **side.shown(row))


def _kinds(away: NDArray[np.bool_], differ: bool) -> tuple[Kind, ...]:
    """What kind of shift it looks like where the sides are apart.

    Items count as new where more than twice as many as usual are like nothing on the first side, by two standard
    errors.
    """
    usual = 1 - USUAL
    kinds: list[Kind] = ["appearance"] if differ else []
    if away.mean() > 2 * usual + 2 * np.sqrt(usual * USUAL / len(away)):
        kinds.append("new")
    return tuple(kinds) or ("content",)


def _frequencies_differ(targets: Targets) -> bool:
    """Pearson's chi-squared test; classes too rare for it are taken together."""
    from scipy.stats import chi2_contingency

    outputs = int(max(each.max() for each in targets)) + 1
    table = np.stack([np.bincount(each, minlength=outputs) for each in targets])
    expected = table.sum(axis=0) * table.sum(axis=1).min() / table.sum()
    rare = expected < EXPECTED
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return False
    found: Any = chi2_contingency(table)
    return float(found.pvalue) <= LEVEL
