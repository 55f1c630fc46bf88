"""20 Newsgroups (Lang, 1995): which of twenty groups a message was posted to.

11,293 messages to learn from and 7,528 later ones.
"""

from __future__ import annotations

import random
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
