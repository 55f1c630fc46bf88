"""ELPV: electroluminescence pictures of solar cells, to be told apart as defective or functional.

2,624 grey 300 x 300 pictures from 44 modules, each with the probability of a defect as experts saw it (0, 1/3, 2/3,
1). Deitsch et al., Automatic classification of defective photovoltaic module cells in electroluminescence images,
Solar Energy 185 (2019). Defective means a probability of at least one half.
"""

from __future__ import annotations

import random
import zipfile
from pathlib import Path, PurePosixPath

from headstart.backbones._pull import Wheel
from headstart.core.errors import UserError
from headstart.core.progress import Progress
from headstart.demo._package import Source, made

SOURCE = Source(
    title="ELPV solar cells",
    wheel=Wheel(package="elpv-dataset", version="1.0.0.post1", bytes=90_801_454, files={}),
    sha256="85e31c1126ee9b48e62d3a0232c58f58b2d189b0814a45c13642fa0415af4a4c",
    licence="CC-BY-NC-SA-4.0",
    terms="for non-commercial use only, with attribution, shared alike",
    credit="Deitsch et al., Solar Energy 185 (2019); Buerhop-Lutz et al., EU PVSEC (2018)",
    again="headstart demo",
)
LABELS = "elpv_dataset/data/labels.csv"
AVAILABLE = 2624


def prepare(*, train: int = 400, test: int = 800, seed: int = 0, progress: Progress) -> Path:
    """A folder of class folders, ``train/{defective,functional}`` and ``test/{defective,functional}``.

    The rows of the label file are shuffled by ``random.Random(seed)``; the first ``train`` are to learn from and the
    next ``test`` to score on.

    Raises:
        UserError: more cells are asked for than there are, or fewer than one.
        Unavailable: the package cannot be fetched, or is not the one that was pinned.
    """
    if train < 1 or test < 1 or train + test > AVAILABLE:
        raise UserError(
            f"Asked for {train} training and {test} test cells; expected at least one of each and at most "
            f"{AVAILABLE:,} together."
        )

    def make(archive: zipfile.ZipFile, folder: Path) -> None:
        rows = [line.split() for line in archive.read(LABELS).decode("utf-8").splitlines() if line.strip()]
        random.Random(seed).shuffle(rows)
        for number, (path, probability, *_) in enumerate(rows[: train + test]):
            part = "train" if number < train else "test"
            label = "defective" if float(probability) >= 0.5 else "functional"
            place = folder / part / label / PurePosixPath(path).name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(f"{PurePosixPath(LABELS).parent}/{path}"))

    return made(SOURCE, f"{train}-{test}-seed{seed}/solar_cells", make, progress)
