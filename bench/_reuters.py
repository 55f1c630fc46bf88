"""Reuters-21578: which of four topics of trade and money a newswire story of 1987 is about, by how it begins.

1,264 stories that have one of the topics and no other, out of both parts of the collection's R8: the four of its eight
topics that are neither reports of companies, which are most of R8, nor too rare to take fifty stories from.
"""

from __future__ import annotations

import random
from pathlib import Path

from bench._cachopo import PARTS, texts
from bench._csv import write_texts

TOPICS = frozenset({"crude", "interest", "money-fx", "trade"})
WORDS = 40
"""Of a story: its headline and first sentences."""


def prepare(folder: Path, *, train: int, test: int, seed: int) -> None:
    """Write ``folder/{train,test}.csv``: beginnings of stories, drawn by ``seed`` from all there are."""
    told = [story for part in PARTS for story in texts("reuters-r8", part)]
    stories = sorted({(" ".join(text.split()[:WORDS]), topic) for text, topic in told if topic in TOPICS})
    if train + test > len(stories):
        raise SystemExit(f"There are no {train} + {test} stories of Reuters, at most {len(stories)} together.")
    drawn = random.Random(seed).sample(stories, train + test)
    write_texts(folder / "train.csv", drawn[:train])
    write_texts(folder / "test.csv", drawn[train:])
