"""20 Newsgroups (Lang, 1995): which of twenty groups a message was posted to.

11,293 messages to learn from and 7,528 later ones.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench._cachopo import PARTS, texts
from bench._csv import write_texts


def prepare(folder: Path, *, train: int, test: int, seed: int) -> None:
    """Write ``folder/{train,test}.csv``: messages of the set's own two parts, drawn by ``seed``."""
    for part, count in zip(PARTS, (train, test), strict=True):
        rows = texts("20newsgroups", part)
        if count > len(rows):
            raise SystemExit(
                f"There are no {count} messages in the {part} part of 20 Newsgroups, at most {len(rows)}. Ask for "
                f"fewer with --{part}."
            )
        write_texts(folder / f"{part}.csv", random.Random(seed).sample(rows, count))


def write(path: Path, groups: Mapping[str, Sequence[str]], *, items: int, seed: int) -> None:
    """A table of ``items`` messages, drawn by ``seed``, as many of every topic of ``groups``: the name of a topic, and
    the groups that stand for it.
    """
    rows = [row for part in PARTS for row in texts("20newsgroups", part)]
    chosen = []
    for topic, names in groups.items():
        own = [(text, topic) for text, group in rows if group in names]
        chosen += random.Random(seed).sample(own, items // len(groups))
    random.Random(seed).shuffle(chosen)
    write_texts(path, chosen)
