"""Snippets of four kinds of writing, judged by twenty readers each: what is said of films, of goods, in editorials, and
in tweets.

4,200 tweets, 10,605 sentences of film reviews, 3,708 of reviews on Amazon, 5,190 of editorials of the New York Times.
Hutto and Gilbert 2014, ICWSM, out of the source archive of vaderSentiment (MIT), which is not built.
"""

from __future__ import annotations

import io
import random
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from bench._csv import write_texts
from headstart.backbones._pull import Wheel
from headstart.core.progress import Silent
from headstart.demo._package import Source, made

SHA256 = "5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a"
SOURCE = Source(
    title="Sentiment in four domains",
    wheel=Wheel(package="vaderSentiment", version="0.5", bytes=2_448_964, files={}, source_sha256=SHA256),
    sha256=SHA256,
    licence="MIT",
    terms="free to use with the notice kept",
    credit="Hutto and Gilbert, VADER, ICWSM 2014",
    again="python -m bench across",
)
ARCHIVE = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"
FILES = {
    "tweets": "tweets",
    "films": "movieReviewSnippets",
    "goods": "amazonReviewSnippets",
    "editorials": "nytEditorialSnippets",
}
DECIDED = 0.5
"""Mean judgement, from -4 to 4, beyond which a snippet counts as positive or negative."""


def write(path: Path, domain: str, *, items: int, seed: int) -> None:
    """A table of ``items`` snippets of one of `FILES`, drawn by ``seed``."""
    rows = list(_rows(domain))
    if items > len(rows):
        raise SystemExit(f"There are no {items} {domain} with a sentiment, at most {len(rows)}.")
    write_texts(path, random.Random(seed).sample(rows, items))


def _rows(domain: str) -> Iterator[tuple[str, str]]:
    folder = made(SOURCE, "snippets", _unpack, Silent())
    for line in (folder / f"{domain}.txt").read_text(encoding="utf-8").splitlines():
        _, judged, text = line.split("\t", 2)
        if abs(float(judged)) > DECIDED and text.strip():
            yield text, "positive" if float(judged) > 0 else "negative"


def _unpack(archive: zipfile.ZipFile, into: Path) -> None:
    into.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive.read(ARCHIVE))) as inner:
        for domain, name in FILES.items():
            file = inner.extractfile(f"hutto_ICWSM_2014/{name}_GroundTruth.txt")
            assert file is not None, name
            text = file.read().decode("utf-8", errors="replace")
            (into / f"{domain}.txt").write_text(text, encoding="utf-8")
