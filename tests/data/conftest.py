"""Small pictures and folders that every test of the data layer can make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Picture = Callable[..., Image.Image]


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HEADSTART_HOME", str(home))
    return home


@pytest.fixture
def picture() -> Picture:
    """A smooth random colour picture: ``picture(seed)``, ``picture(seed, size=(width, height))``."""

    def make(seed: int, size: tuple[int, int] = (96, 80)) -> Image.Image:
        blobs = np.random.default_rng(seed).integers(30, 226, size=(8, 8, 3), dtype=np.uint8)
        return Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC)

    return make


@pytest.fixture
def photos(tmp_path: Path, picture: Picture) -> Callable[..., Path]:
    """A folder of class folders: ``photos({"cat": 3, "dog": 2})``; keys may be paths such as ``train/cat``."""

    def make(counts: dict[str, int], name: str = "photos", first_seed: int = 0) -> Path:
        root = tmp_path / name
        seed = first_seed
        for folder, count in counts.items():
            (root / folder).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                picture(seed).save(root / folder / f"{number}.png")
                seed += 1
        return root

    return make
