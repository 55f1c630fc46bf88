"""Two sides block by block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.engine import block_distances
from headstart.engine.block_distances import BlockReader
from headstart.engine.features import Encoder
from tests.backbones.members import make
from tests.engine import toys

pytestmark = pytest.mark.usefixtures("one_thread")


def pictures(seed: int, brighter: int = 0, count: int = 30) -> list[Image.Image]:
    random = np.random.default_rng(seed)
    noise = random.integers(0, 120, size=(count, 24, 24, 3), dtype=np.uint8) + np.uint8(brighter)
    return [Image.fromarray(each) for each in noise]


def reader(home: Path) -> BlockReader:
    backbone = make("test_resnet")
    return BlockReader(backbone=backbone, encoder=Encoder(backbone, home, Silent()), home=home)


def test_every_block_has_its_distance(tmp_path: Path):
    found = reader(tmp_path)
    items = [toys.items_of(pictures(seed, brighter)) for seed, brighter in ((0, 0), (1, 0), (2, 100))]
    alike, other = (found.distances(items[0], each, seed=0) for each in items[1:])
    assert [each.block for each in alike] == [block.name for block in found.backbone.blocks]
    assert all(each.separability.p <= 0.05 for each in other)
    assert other[0].separability.value > 1.5
    assert np.median([each.separability.p for each in alike]) > 0.05


def test_sides_are_cut_to_one_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(block_distances, "MOST", 12)
    found, seen = reader(tmp_path), []
    plain = Encoder.encode

    def encode(self: Encoder, items, name, view=None):
        seen.append(len(items))
        return plain(self, items, name, view)

    monkeypatch.setattr(Encoder, "encode", encode)
    found.distances(toys.items_of(pictures(0)), toys.items_of(pictures(1, count=20)), seed=0)
    found.distances(toys.items_of(pictures(0)), toys.items_of(pictures(1, count=11)), seed=0)
    assert seen == [12, 12, 11, 11]


def test_a_body_that_is_read_at_its_end_only_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = reader(tmp_path)

    def opaque() -> None:
        raise UserError("it can be read at its end only")

    monkeypatch.setattr(found.backbone, "layered", opaque)
    items = toys.items_of(pictures(0))
    assert replace(found).distances(items, items, seed=0) == ()
