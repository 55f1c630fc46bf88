"""Small training sets with so many items of every class, and a test part of their own."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import _reuters
from bench._csv import write_texts
from bench._sets import SETS

TRAIN, TEST = 400, 400
"""Items that the few are drawn from, and that strategies are scored on."""
POOLS: Mapping[str, Callable[..., None]] = {
    "cells": SETS["cells"].prepare,
    "tweets": SETS["tweets"].prepare,
    "leads": _reuters.prepare,
}
TITLES: Mapping[str, str] = {
    "cells": "solar cells, 2 classes",
    "tweets": "tweets, 3 classes",
    "leads": "newswire leads, 4 classes",
}


def prepare(name: str, folder: Path, *, draw: int) -> None:
    """Write what ``draw`` takes of a set into ``folder``: `TRAIN` items to choose from and `TEST` others."""
    POOLS[name](folder, train=TRAIN, test=TEST, seed=draw)


def few(pool: Path, into: Path, labels: int, draw: int) -> Path:
    """``into``, laid out like ``pool``: ``labels`` items of every class out of its training items, and its test part.

    The few of a larger number hold those of a smaller one.
    """
    into.mkdir(parents=True)
    if (pool / "train.csv").is_file():
        with (pool / "train.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
        by_class: dict[str, list[str]] = {}
        for text, label in rows:
            by_class.setdefault(label, []).append(text)
        chosen = [(text, label) for label, texts in sorted(by_class.items()) for text in _first(texts, labels, draw)]
        write_texts(into / "train.csv", chosen)
        (into / "test.csv").symlink_to((pool / "test.csv").absolute())
        return into
    for folder in sorted((pool / "train").iterdir()):
        (into / "train" / folder.name).mkdir(parents=True)
        for path in _first(sorted(folder.iterdir()), labels, draw):
            shutil.copy(path, into / "train" / folder.name / path.name)
    (into / "test").symlink_to((pool / "test").absolute())
    return into


def _first(members: list, count: int, draw: int) -> list:
    if len(members) < count:
        raise SystemExit(f"A class has {len(members)} items to choose from, and {count} are asked for.")
    return random.Random(draw).sample(members, len(members))[:count]
