"""Twenty-four real shifts: the same classes in two domains, both ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from pathlib import Path

from bench import _cell_types, _digits, _emoji, _newsgroups, _sentiment
from bench._sets import Modality

Write = Callable[..., None]
COMPUTERS = ("comp.graphics", "comp.os.ms-windows.misc"), ("comp.sys.ibm.pc.hardware", "comp.sys.mac.hardware")
LEISURE = ("rec.autos", "rec.motorcycles"), ("rec.sport.baseball", "rec.sport.hockey")
SCIENCE = ("sci.crypt", "sci.electronics"), ("sci.med", "sci.space")
TALK = ("talk.politics.guns", "talk.politics.mideast"), ("talk.politics.misc", "talk.religion.misc")
TOPICS = {
    "comp or rec": {"comp": COMPUTERS, "rec": LEISURE},
    "comp or sci": {"comp": COMPUTERS, "sci": SCIENCE},
    "rec or talk": {"rec": LEISURE, "talk": TALK},
}
"""Super-categories of 20 Newsgroups, told apart on other groups than they were learnt from (as in Dai et al. 2007,
KDD)."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """``source`` and ``target`` write so many ``items`` by ``seed`` into a folder, or a table where they are texts."""

    name: str
    modality: Modality
    source: Write
    target: Write

    def write(self, folder: Path, *, items: int, seed: int) -> tuple[Path, Path]:
        """Both domains below ``folder``, with their labels; no item is in both."""
        ending = ".csv" if self.modality == "text" else ""
        places = folder / f"source{ending}", folder / f"target{ending}"
        for write, place in zip((self.source, self.target), places, strict=True):
            write(place, items=items, seed=seed)
        return places


def _emoji_of(vendor: str, part: str) -> Write:
    def write(folder: Path, *, items: int, seed: int) -> None:
        _emoji.draw(folder, vendor, part, train=items, test=items, seed=seed)

    return write


def _both_ways(modality: Modality, domains: Mapping[str, Write]) -> list[Shift]:
    return [
        Shift(name=f"{one} > {other}", modality=modality, source=domains[one], target=domains[other])
        for one, other in permutations(domains, 2)
    ]


def _drawn_by(*vendors: str) -> list[Shift]:
    """No emoji is in both domains, in whatever style."""
    return [
        Shift(
            name=f"{one} > {other}", modality="image", source=_emoji_of(one, "train"), target=_emoji_of(other, "test")
        )
        for one, other in permutations(vendors, 2)
    ]


def _groups() -> list[Shift]:
    found = []
    for name, topics in TOPICS.items():
        halves = [{topic: groups[number] for topic, groups in topics.items()} for number in range(2)]
        first, second = (partial(_newsgroups.write, groups=half) for half in halves)
        found += [
            Shift(name=f"{name}, one half > the other", modality="text", source=first, target=second),
            Shift(name=f"{name}, the other half > one", modality="text", source=second, target=first),
        ]
    return found


SHIFTS: tuple[Shift, ...] = (
    *_both_ways("image", {kind: partial(_cell_types.write, domain=kind) for kind in ("mono", "poly")}),
    *_drawn_by("google", "twitter"),
    *_both_ways("image", {kind: partial(_digits.write, domain=kind) for kind in ("mnist", "small")}),
    *_both_ways("text", {kind: partial(_sentiment.write, domain=kind) for kind in _sentiment.FILES}),
    *_groups(),
)
