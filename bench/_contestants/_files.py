"""What every contestant reads and writes, in whichever environment it runs: nothing here needs more than Python."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path


def pictures(folder: Path, part: str) -> tuple[list[Path], list[str]]:
    """Files of ``folder/part/CLASS/*`` in order, and the class of each."""
    paths = sorted((folder / part).glob("*/*"))
    return paths, [path.parent.name for path in paths]


def texts(folder: Path, part: str) -> tuple[list[str], list[str]]:
    """The columns ``text`` and ``label`` of ``folder/part.csv``."""
    with (folder / f"{part}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]


def answer(out: Path, labels: Sequence[str]) -> None:
    """Write what is predicted for the test part, in the order in which it is read above."""
    out.write_text(json.dumps(list(labels)), encoding="utf-8")
