"""What the page shows of records that are too long to show whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headstart.core.results import Interval, Results
from headstart.report._format import metric, number, span
from headstart.report._wording import served_score

MATRIX_CLASSES = 12
"""Up to this many classes the confusion matrix is drawn; beyond it the most confused pairs are listed."""
MAP_COLOURS = 6
"""Colours that stay apart for every kind of colour vision; the smaller classes share grey."""
PICTURE = re.compile(r"data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]+")


@dataclass(frozen=True, kw_only=True)
class Card:
    """A score in large figures."""

    label: str
    value: str
    span: str


def cards(results: Results, most: int = 4) -> list[Card]:
    """What is served first, by the primary metric; then the transfer's other scores, or its primary one beside it."""
    rival = results.served == "simple"
    shown = [
        _card(
            metric(results.primary).label + (" of the baseline" if rival else ""),
            results.primary,
            served_score(results),
        )
    ]
    if rival:
        return [*shown, _card("… of the transfer", results.primary, results.scores[results.primary])]
    others = [name for name in results.scores if name != results.primary]
    return shown + [_card(metric(name).label, name, results.scores[name]) for name in others[: most - 1]]


def _card(label: str, name: str, score: Interval) -> Card:
    return Card(label=label, value=number(name, score.value), span=span(name, score))


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A labelled amount; ``share`` is its length relative to the longest."""

    label: str
    amount: float
    share: float


def bars(amounts: dict[str, float]) -> list[Bar]:
    """One bar per entry, in the given order."""
    longest = max(amounts.values(), default=0) or 1
    return [Bar(label=label, amount=amount, share=amount / longest) for label, amount in amounts.items()]


def class_bars(results: Results) -> tuple[list[Bar], list[Bar]]:
    """Training items by class: the bars to show, and those to fold away when there are many classes."""
    counts = {name: float(results.data.class_counts.get(name, 0)) for name in results.data.classes}
    if len(counts) <= MATRIX_CLASSES:
        return bars(counts), []
    ordered = bars(dict(sorted(counts.items(), key=lambda pair: -pair[1])))
    half = MATRIX_CLASSES // 2
    return ordered[:half] + ordered[-half:], ordered[half:-half]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of the confusion matrix; ``share`` is relative to its row."""

    count: int
    share: float
    right: bool


def matrix(results: Results) -> list[tuple[str, list[Cell], int]]:
    """Rows of the confusion matrix with their label and total."""
    rows = []
    for truth, counts in enumerate(results.confusion):
        total = sum(counts)
        cells = [
            Cell(count=count, share=count / total if total else 0.0, right=predicted == truth)
            for predicted, count in enumerate(counts)
        ]
        rows.append((results.data.classes[truth], cells, total))
    return rows


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Items of one class taken for another; ``share`` is relative to all items of ``truth``."""

    truth: str
    predicted: str
    count: int
    share: float


def confused_pairs(results: Results, most: int = 15) -> list[Pair]:
    """The most frequent confusions first."""
    names = results.data.classes
    found = [
        Pair(truth=names[truth], predicted=names[predicted], count=count, share=count / sum(counts))
        for truth, counts in enumerate(results.confusion)
        for predicted, count in enumerate(counts)
        if predicted != truth and count
    ]
    return sorted(found, key=lambda pair: (-pair.count, -pair.share, pair.truth, pair.predicted))[:most]


@dataclass(frozen=True, kw_only=True)
class Recall:
    """How much of a class is recognised."""

    name: str
    right: int
    total: int


def hardest(results: Results, most: int = 10) -> list[Recall]:
    """The classes of which the least is recognised; classes without scored items are left out."""
    found = [
        Recall(name=results.data.classes[truth], right=counts[truth], total=sum(counts))
        for truth, counts in enumerate(results.confusion)
        if sum(counts)
    ]
    return sorted(found, key=lambda each: (each.right / each.total, each.name))[:most]


def colours(results: Results) -> list[str]:
    """The style class of every class in the map: own colours for the most frequent, grey for the others."""
    count = len(results.data.classes)
    frequency = [0] * count
    for point in results.map:
        frequency[point.truth] += 1
    coloured = sorted(range(count), key=lambda each: (-frequency[each], each))[:MAP_COLOURS]
    place = {each: row for row, each in enumerate(sorted(coloured))}
    return [f"c{place[each]}" if each in place else "cx" for each in range(count)]


def legend(results: Results) -> list[tuple[str, str]]:
    """Style class and label of every colour in the map."""
    found = [(colour, name) for colour, name in zip(colours(results), results.data.classes, strict=True)]
    rest = sum(colour == "cx" for colour, _ in found)
    own = [pair for pair in found if pair[0] != "cx"]
    return [*own, ("cx", f"{rest} other classes" if rest > 1 else "one other class")] if rest else own


def probes(results: Results) -> list[Interval]:
    """Every interval of the ranking's plot."""
    return [each for row in results.ranking for each in (row.knn, row.probe) if each is not None]


def score_names(results: Results) -> list[str]:
    """The transferability scores of the ranking, in order of appearance."""
    return list(dict.fromkeys(name for row in results.ranking for name in row.scores))


def picture(uri: str | None) -> str | None:
    """The thumbnail if it is a picture held in the page itself, and nothing else."""
    return uri if uri and PICTURE.fullmatch(uri) else None
