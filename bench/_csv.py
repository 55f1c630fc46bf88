"""Tables of texts, as every contestant is given them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path


def write_texts(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    """Write ``(text, label)`` pairs with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("text", "label"))
        table.writerows(rows)
