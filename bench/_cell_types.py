"""Solar cells by what they are made of: one crystal of silicon, or many."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path, PurePosixPath

from headstart.core.progress import Silent
from headstart.demo._package import made
from headstart.demo.solar_cells import LABELS, SOURCE


def write(folder: Path, domain: str, *, items: int, seed: int) -> None:
    """``folder/{defective,functional}/*.png``: ``items`` cells of kind ``mono`` or ``poly``, drawn by ``seed``."""

    def make(archive: zipfile.ZipFile, into: Path) -> None:
        for line in archive.read(LABELS).decode("utf-8").splitlines():
            if line.strip():
                path, probability, kind = line.split()
                label = "defective" if float(probability) >= 0.5 else "functional"
                place = into / kind / label / PurePosixPath(path).name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.read(f"{PurePosixPath(LABELS).parent}/{path}"))

    known = sorted((made(SOURCE, "by type/cells", make, Silent()) / domain).glob("*/*.png"))
    if items > len(known):
        raise SystemExit(f"There are no {items} {domain} cells, at most {len(known)}.")
    for path in random.Random(seed).sample(known, items):
        place = folder / path.parent.name / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(path)
