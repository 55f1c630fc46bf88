"""The sets that contestants meet: real pictures and texts, fetched once, prepared alike for everyone.

Pictures are files in ``folder/{train,test}/CLASS/``, texts are the tables ``folder/{train,test}.csv`` with the columns
``text`` and ``label``. A seed draws both parts anew.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench import _emoji, _newsgroups
from bench._csv import write_texts
from headstart.core.progress import Silent
from headstart.demo import solar_cells, tweets

Modality = Literal["image", "text"]


@dataclass(frozen=True, kw_only=True)
class Set:
    """``prepare(folder, train=, test=, seed=)`` writes so many items of each part into ``folder``."""

    title: str
    modality: Modality
    prepare: Callable[..., None]


def _cells(folder: Path, *, train: int, test: int, seed: int) -> None:
    shutil.copytree(solar_cells.prepare(train=train, test=test, seed=seed, progress=Silent()), folder)


def _tweets(folder: Path, *, train: int, test: int, seed: int) -> None:
    for path in tweets.prepare(train=train, test=test, seed=seed, progress=Silent()):
        with path.open(encoding="utf-8", newline="") as file:
            write_texts(folder / path.name, [(row["text"], row["sentiment"]) for row in csv.DictReader(file)])


SETS: Mapping[str, Set] = {
    "cells": Set(title="solar cells, 2 classes", modality="image", prepare=_cells),
    "emoji": Set(title="emoji, 9 classes", modality="image", prepare=_emoji.prepare),
    "tweets": Set(title="tweets, 3 classes", modality="text", prepare=_tweets),
    "newsgroups": Set(title="newsgroups, 20 classes", modality="text", prepare=_newsgroups.prepare),
}


def truth(folder: Path) -> list[str]:
    """Classes of the test part, in the order in which contestants answer: sorted files, or rows."""
    if (folder / "test.csv").is_file():
        with (folder / "test.csv").open(encoding="utf-8", newline="") as file:
            return [row["label"] for row in csv.DictReader(file)]
    return [path.parent.name for path in sorted((folder / "test").glob("*/*"))]
