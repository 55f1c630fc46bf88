"""Ways across to a domain without labels: all are tried, their heads averaged, and a guard has the last word.

Methods fail in different ways, and nobody can tell which does where there are no labels to tell by: their mean harms
less often than any one of them. On 24 real shifts with 600 items a side, three draws of each (``bench across``),
SHOT-IM gained 8.7 points and harmed 3, JDOT 6.0 and 3, entropic transport 4.8 and 8; their mean with the source's head
gained 8.4 and harmed none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headstart.core.alignment import CONSENSUS, OWN, OWN_CONSENSUS, SOURCE_ONLY, Alignment, WayRow
from headstart.core.backbone import LinearHead
from headstart.core.domain import Crossing, FeatureMethod, Fit, Pair, one_hot
from headstart.core.progress import Progress
from headstart.core.validator import Judged, Validator
from headstart.engine.common_space import CommonSpace
from headstart.engine.draws import one_of_each
from headstart.engine.guard import guarded
from headstart.engine.judging import judged, likeness

MOST = 2000
"""Items a side that methods look at, drawn at random."""
JUDGED = 1000
"""Items a side that they are judged on."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Features ``(N, D)`` of labelled items, their ``targets (N,)`` and ties ``groups (N,)``; there are ``outputs``
    classes.
    """

    features: NDArray[np.floating]
    targets: NDArray[np.int64]
    groups: NDArray[np.int64]
    outputs: int


@dataclass(frozen=True, kw_only=True)
class Means:
    """``methods`` and ``validators`` by name, the ``fit`` that methods end in, and the way that is ``asked`` for by
    name, None where the guard is to decide.
    """

    methods: Mapping[str, FeatureMethod]
    validators: Mapping[str, Validator]
    fit: Fit
    asked: str | None = None


class SourceOnly(FeatureMethod):
    """The head of the source, for the target as it is."""

    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        """See `FeatureMethod.cross`."""
        return Crossing(head=fit(pair.source, one_hot(pair.labels, pair.outputs), groups=pair.groups))


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way across with its head, the ``space`` that this is for, and what it is judged by."""

    name: str
    head: LinearHead
    space: CommonSpace
    judged: Judged
    values: Mapping[str, float]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The class of every target item that it is judged on, ``(M,)``."""
        return self.judged.logits.argmax(axis=1)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """All ``ways`` by name, source only among them, and of both sides the ``rows`` that they looked at, with their
    ``features``; ``groups`` are ties of the source's. They are judged by the first `JUDGED` of these.
    """

    ways: Mapping[str, Way]
    rows: tuple[NDArray[np.int64], NDArray[np.int64]]
    features: tuple[NDArray[np.floating], NDArray[np.floating]]
    groups: NDArray[np.int64]

    def head(self, name: str) -> LinearHead:
        """The head of a way, for features as they are."""
        return self.ways[name].space.fold(self.ways[name].head)

    def beside(self, own: Tried) -> Tried:
        """With what came of features of the same items by statistics of each domain's own: the source's head, and what
        methods agree on.
        """
        found = {OWN: own.ways[SOURCE_ONLY], OWN_CONSENSUS: own.ways[CONSENSUS]}
        return replace(self, ways={**self.ways, **{name: replace(way, name=name) for name, way in found.items()}})


def tried_out(source: Source, target: NDArray[np.floating], means: Means, *, seed: int, progress: Progress) -> Tried:
    """Every method of ``means``, and the consensus of the source's head and those that are candidates."""
    random = np.random.default_rng(seed)
    rows, others = (random.permutation(len(side))[:MOST] for side in (source.features, target))
    features, target = source.features[rows], target[others]
    space = CommonSpace.of(features, target)
    pair = Pair(
        source=space.apply(features),
        labels=source.targets[rows],
        target=space.apply(target),
        outputs=source.outputs,
        groups=source.groups[rows],
    )
    ways = _ways(pair, replace(means, fit=space.fitting(means.fit)), space, progress)
    return Tried(ways=ways, rows=(rows, others), features=(features, target), groups=source.groups[rows])


def decided(tried: Tried, means: Means, *, seed: int) -> Alignment:
    """What the guard says of all that was tried."""
    features, target = tried.features
    verdict = guarded(
        {name: way.judged for name, way in tried.ways.items()},
        {name: way.values for name, way in tried.ways.items()},
        (features[:JUDGED], target[:JUDGED]),
        independent=one_of_each(tried.groups[:JUDGED], seed),
        asked=means.asked,
        seed=seed,
    )
    return Alignment(
        taken=verdict.taken,
        reason=verdict.reason,
        sentence=verdict.sentence,
        p=verdict.p,
        source=len(features),
        target=len(target),
        rows=tuple(_row(way, tried.ways[SOURCE_ONLY]) for way in tried.ways.values()),
        judged=len(tried.ways[SOURCE_ONLY].predicted),
    )


def _row(way: Way, usual: Way) -> WayRow:
    counts = np.bincount(way.predicted, minlength=way.judged.logits.shape[1])
    return WayRow(
        method=way.name,
        values=way.values,
        changed=float(np.mean(way.predicted != usual.predicted)),
        predicted=tuple((counts / counts.sum()).tolist()),
    )


def _ways(pair: Pair, means: Means, space: CommonSpace, progress: Progress) -> dict[str, Way]:
    """Source only, every method, and the consensus."""
    small = _smaller(pair)
    weights = likeness(small)
    tried: dict[str, FeatureMethod] = {SOURCE_ONLY: SourceOnly(), **means.methods}
    heads: dict[str, LinearHead] = {}
    cases: dict[str, Judged] = {}
    with progress.stage("ways across", total=len(tried)) as stage:
        for name, method in tried.items():
            heads[name] = level(method.cross(pair, means.fit).head)
            cases[name] = judged(method, small, means.fit, heads[name].logits(small.target), weights)
            stage.advance()
    agreeing = [SOURCE_ONLY, *(name for name, method in means.methods.items() if method.candidate)]
    if len(agreeing) > 2:
        heads[CONSENSUS] = mean_head([heads[name] for name in agreeing])
        cases[CONSENSUS] = _together([cases[name] for name in agreeing])
    return {
        name: Way(
            name=name,
            head=head,
            space=space,
            judged=cases[name],
            values={called: each.value(cases[name]) for called, each in means.validators.items()},
        )
        for name, head in heads.items()
    }


def level(head: LinearHead) -> LinearHead:
    """The same predictions, with logits that add up to 0 for every item."""
    return LinearHead(weight=head.weight - head.weight.mean(axis=0), bias=head.bias - head.bias.mean())


def mean_head(heads: Sequence[LinearHead]) -> LinearHead:
    """The head whose logits are the mean of theirs: the normalised geometric mean of their probabilities."""
    return LinearHead(
        weight=np.mean([head.weight for head in heads], axis=0), bias=np.mean([head.bias for head in heads], axis=0)
    )


def _together(judged: Sequence[Judged]) -> Judged:
    """What their mean predicts: there, left out, and back, each having gone by itself."""
    first = judged[0]
    return Judged(
        source=first.source,
        labels=first.labels,
        target=first.target,
        logits=np.mean([each.logits for each in judged], axis=0),
        held=np.mean([each.held for each in judged], axis=0),
        back=np.mean([each.back for each in judged], axis=0),
        weights=first.weights,
    )


def _smaller(pair: Pair) -> Pair:
    """The first `JUDGED` of each side, which are in an order drawn at random."""
    groups = None if pair.groups is None else pair.groups[:JUDGED]
    return Pair(
        source=pair.source[:JUDGED],
        labels=pair.labels[:JUDGED],
        target=pair.target[:JUDGED],
        outputs=pair.outputs,
        groups=groups,
    )
