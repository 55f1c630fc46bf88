from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from headstart.core.backbone import Backbone
from headstart.core.dataset import Dataset
from headstart.core.progress import Silent
from headstart.data._load import load
from headstart.engine import reading
from headstart.engine.features import Encoder
from headstart.engine.items import Items, items_of
from headstart.engine.reading import settle_reading
from tests.backbones.members import make


class Listener(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Any:
        yield self

    def advance(self, steps: int = 1) -> None:
        pass

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def photo(seed: int, *, fine: bool, size: tuple[int, int] = (900, 700)) -> Image.Image:
    """Smooth blobs, or a texture of single pixels that no reduced picture shows as it is."""
    generator = np.random.default_rng(seed)
    smooth = Image.fromarray(generator.integers(0, 256, size=(5, 6, 3), dtype=np.uint8)).resize(size)
    if not fine:
        return smooth
    stripes = 120 * (np.indices((size[1], size[0])).sum(axis=0) % 2)[:, :, None]
    return Image.fromarray((np.asarray(smooth) // 4 + stripes).astype(np.uint8))


def photos(folder: Path, *, fine: bool = False, form: str = "jpg", count: int = 10) -> Dataset:
    for number in range(count):
        place = folder / ("a", "b")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        photo(number, fine=fine).save(place / f"{number}.{form}", quality=95)
    return load(folder)


def items(data: Dataset) -> Items:
    return items_of(data, np.arange(len(data.table)))


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return make("test_resnet", size=64)


@pytest.fixture(autouse=True)
def as_made(backbone: Backbone):
    before = backbone.preprocess
    yield
    backbone.preprocess = before


def test_smooth_pictures_are_read_at_a_reduced_scale(tmp_path: Path, backbone: Backbone):
    listener = Listener()
    settle_reading(backbone, items(photos(tmp_path / "p")), tmp_path, listener)
    assert backbone.preprocess.least_side == 128
    assert not listener.said


def test_where_features_turn_pictures_are_decoded_in_full(tmp_path: Path, backbone: Backbone, monkeypatch):
    data, listener = photos(tmp_path / "p"), Listener()
    reduced = backbone.preprocess.key
    monkeypatch.setattr(reading, "COSINE_FLOOR", 1.1)
    settle_reading(backbone, items(data), tmp_path, listener)
    assert backbone.preprocess.least_side is None
    assert backbone.preprocess.key != reduced
    assert listener.said == [
        f"{backbone.info.name} sees large JPEGs otherwise at a reduced scale; they are decoded in full, which is "
        "slower."
    ]
    encoded = Encoder(backbone, None, Silent()).encode(items(data), "features").features
    whole = [backbone.preprocess.item(items(data).read(n)) for n in range(len(data.table))]
    with torch.inference_mode():
        expected = backbone.encode(backbone.preprocess.collate(whole)).numpy()
    cosine = (encoded * expected).sum(1) / np.linalg.norm(encoded, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosine.min() > 0.9999


@pytest.mark.parametrize("floor", [0.0, 1.1])
def test_the_decision_is_noted_with_what_it_was_made_on(tmp_path: Path, backbone: Backbone, monkeypatch, floor: float):
    data, before, decided = photos(tmp_path / "p"), backbone.preprocess, []
    alike = reading._alike
    monkeypatch.setattr(reading, "_alike", lambda *given: decided.append(given) or alike(*given))
    monkeypatch.setattr(reading, "COSINE_FLOOR", floor)
    settle_reading(backbone, items(data), tmp_path / "home", Silent())
    first = backbone.preprocess.least_side
    monkeypatch.setattr(reading, "COSINE_FLOOR", 1.1 - floor)
    backbone.preprocess = before
    settle_reading(backbone, items(data), tmp_path / "home", Silent())
    assert backbone.preprocess.least_side == first
    assert len(decided) == 1
    backbone.preprocess = before
    settle_reading(backbone, items(data).subset(np.arange(5)), tmp_path / "home", Silent())  # other pictures
    assert len(decided) == 2
    assert backbone.preprocess.least_side != first


@pytest.mark.parametrize(("form", "least_side"), [("png", 128), ("jpg", 600)])
def test_what_was_not_checked_is_decoded_in_full(
    tmp_path: Path, backbone: Backbone, monkeypatch, form: str, least_side: int
):
    monkeypatch.setattr(reading, "_alike", lambda *_: pytest.fail("nothing would be decoded at a reduced scale"))
    backbone.preprocess = backbone.preprocess.asking_for(least_side)
    listener = Listener()
    settle_reading(backbone, items(photos(tmp_path / "p", form=form, count=4)), tmp_path, listener)
    assert backbone.preprocess.least_side is None
    assert not listener.said


def test_what_is_read_in_full_anyway_is_left_alone(tmp_path: Path, backbone: Backbone):
    whole = backbone.preprocess = backbone.preprocess.asking_for(None)
    settle_reading(backbone, items(photos(tmp_path / "p", count=4)), tmp_path, Silent())
    assert backbone.preprocess is whole


def test_the_cosine_is_that_of_the_two_readings(tmp_path: Path, backbone: Backbone, monkeypatch):
    monkeypatch.setattr(reading, "CHECKED", 3)
    data = items(photos(tmp_path / "p", fine=True, count=6))
    chosen = np.argsort(np.asarray(data.digests))[:3]
    assert reading._large(data, 128).tolist() == chosen.tolist()
    features = []
    for side in (None, 128):
        ready = [backbone.preprocess.item(data.read(int(position), side)) for position in chosen]
        with torch.inference_mode():
            features.append(backbone.encode(backbone.preprocess.collate(ready)).double().numpy())
    norms = np.linalg.norm(features[0], axis=1) * np.linalg.norm(features[1], axis=1)
    cosine = float(np.mean((features[0] * features[1]).sum(axis=1) / norms))
    for floor, alike in ((cosine - 1e-6, True), (cosine + 1e-6, False)):
        monkeypatch.setattr(reading, "COSINE_FLOOR", floor)
        assert reading._alike(backbone, data, chosen) is alike
