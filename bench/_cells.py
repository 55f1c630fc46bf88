"""The demo's cells and weights, as measurements hand them to processes of their own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from headstart.core.home import home
from headstart.core.progress import Silent
from headstart.demo import solar_cells

MODEL = "packaged:efficientnet_lite0"


def cells(scratch: Path, *, train: int = 400, test: int = 800, seed: int = 0) -> Path:
    """A copy of the demo's folder below ``scratch``."""
    made = solar_cells.prepare(train=train, test=test, seed=seed, progress=Silent())
    return Path(shutil.copytree(made, scratch / f"cells-{train}-{test}-{seed}"))


def store_with_models(scratch: Path) -> Path:
    """A store below ``scratch`` with the models that are fetched and nothing else."""
    fresh = Path(tempfile.mkdtemp(dir=scratch))
    (fresh / "models").symlink_to(home() / "models")
    return fresh
