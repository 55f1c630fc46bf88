"""Small training sets with so many items of every class, and a test part of their own."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import _reuters
from bench._csv import write_texts
from bench._sets import SETS

TRAIN = 400
"""Items that the few are drawn from."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A set to draw from, and how many items strategies are scored on."""

    title: str
    prepare: Callable[..., None]
    test: int


POOLS: Mapping[str, Pool] = {
    "cells": Pool(title="solar cells, 2 classes", prepare=SETS["cells"].prepare, test=800),
    "tweets": Pool(title="tweets, 3 classes", prepare=SETS["tweets"].prepare, test=800),
    "stories": Pool(title="newswire stories, 4 classes", prepare=_reuters.prepare, test=400),
}


def prepare(name: str, folder: Path, *, draw: int) -> None:
    """Write what ``draw`` takes of a set into ``folder``: `TRAIN` items to choose from, and others to score on."""
    POOLS[name].prepare(folder, train=TRAIN, test=POOLS[name].test, seed=draw)


def few(pool: Path, into: Path, labels: int, draw: int) -> tuple[Path, Path]:
    """Training and test part with ``labels`` items of every class out of the training items of ``pool``.

    The few of a larger number hold those of a smaller one.
    """
    if (pool / "train.csv").is_file():
        with (pool / "train.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
        by_class: dict[str, list[str]] = {}
        for text, label in rows:
            by_class.setdefault(label, []).append(text)
        chosen = [(text, label) for label, texts in sorted(by_class.items()) for text in _first(texts, labels, draw)]
        into.mkdir(parents=True)
        write_texts(into / "train.csv", chosen)
        return into / "train.csv", pool / "test.csv"
    for folder in sorted((pool / "train").iterdir()):
        (into / "train" / folder.name).mkdir(parents=True)
        for path in _first(sorted(folder.iterdir()), labels, draw):
            shutil.copy(path, into / "train" / folder.name / path.name)
    return into / "train", pool / "test"


def _first(members: list, count: int, draw: int) -> list:
    if len(members) < count:
        raise SystemExit(f"A class has {len(members)} items to choose from, and {count} are asked for.")
    return random.Random(draw).sample(members, len(members))[:count]
