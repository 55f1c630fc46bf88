"""The domain card: how far apart two sets of items are, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LEVEL = 0.05
"""p-values up to it count as a difference."""

Kind = Literal["classes", "appearance", "new", "content"]
"""How frequent classes are; what anybody can see; items that are like nothing on the first side; none of the last two.
"""


@dataclass(frozen=True, kw_only=True)
class Distance:
    """A ``value`` beside its null: mean and 95% quantile of the same items split at random, and the share ``p`` of such
    splits that are at least as far apart, this one counted.
    """

    value: float
    null_mean: float
    null_high: float
    p: float


@dataclass(frozen=True, kw_only=True)
class Differing:
    """A property that anybody can see, by the means of both sides. ``exceeds`` is the probability that an item of the
    second side has more of it than one of the first, ties counting half, ``p`` holds for all properties together.
    """

    name: str
    first: float
    second: float
    exceeds: float
    p: float


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """An item of the second side, and how much it looks like the first: what a classifier of sides predicts for it when
    it has not seen it, 1 for the first and -1 for the second.
    """

    id: str
    likeness: float
    text: str | None
    thumbnail: str | None


@dataclass(frozen=True, kw_only=True)
class BlockDistance:
    """How well two sides are told apart by what a ``block`` of a body gives of their items."""

    block: str
    separability: Distance


@dataclass(frozen=True, kw_only=True)
class DomainCard:
    """How far the ``second`` side is from the ``first``, as people call them.

    ``items`` of each side that are independent of one another were looked at. ``separability`` is the proxy A-distance
    (0 to 2), whose p-value is that of the classifier's margins, ``mmd`` the squared maximum mean discrepancy,
    ``frechet`` the Fréchet distance of Gaussians as a share of the spread, ``p`` that of all three together, and
    ``within`` that with classes held equal, None where one side has no labels. ``apart`` says whether the latter, or
    without labels the former, is `LEVEL` at most. ``outside`` is the share of the second side's items that are further
    from the first than 95% of its own. ``blocks`` tells by which blocks of a body, from input to
    output, sides that are apart are told apart; empty where nobody looked.
    """

    first: str
    second: str
    items: int
    separability: Distance
    mmd: Distance
    frechet: Distance
    p: float
    apart: bool
    within: float | None
    outside: float
    differing: tuple[Differing, ...]
    nearest: tuple[Likeness, ...]
    farthest: tuple[Likeness, ...]
    kinds: tuple[Kind, ...]
    blocks: tuple[BlockDistance, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BlockFromPretraining:
    """The distance by the BatchNorm layers of a ``block`` alone."""

    block: str
    distance: float


@dataclass(frozen=True, kw_only=True)
class FromPretraining:
    """How far ``items`` items are from what a body was pretrained on, as its BatchNorm layers remember that: the
    squared Hellinger distance, 0 to 1, of their channels, with a two-sided 95% interval. ``blocks``, from input to
    output, are those with such layers.
    """

    items: int
    distance: float
    low: float
    high: float
    blocks: tuple[BlockFromPretraining, ...]


@dataclass(frozen=True, kw_only=True)
class FromVocabulary:
    """Into how many ``pieces`` the vocabulary of a body cuts a word of ``items`` texts on average, with a two-sided 95%
    interval, and the share of pieces that are ``unknown`` to it. Words of what it was pretrained on are mostly whole.
    """

    items: int
    pieces: float
    low: float
    high: float
    unknown: float


@dataclass(frozen=True, kw_only=True)
class DomainComparison:
    """The ``cards`` of the training items beside whatever there was to compare them with, on the features of ``model``,
    and how far they are from what it was pretrained on, as far as it remembers that; ``notes`` say what was not
    compared.
    """

    model: str
    pretraining: FromPretraining | None
    vocabulary: FromVocabulary | None
    cards: tuple[DomainCard, ...]
    notes: tuple[str, ...]
