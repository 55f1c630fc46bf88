from __future__ import annotations

import re
from pathlib import Path

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
from tests.listening import Listener


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
    (said,) = listener.said
    assert re.fullmatch(
        rf"{re.escape(backbone.info.name)} at 64 px: features of 8 large JPEGs differ at a reduced scale "
        r"\(cosine (1|\.9\d{0,3}), at least 1\.1 expected\), so all are decoded in full, which is slower\.",
        said,
    )
    encoded = Encoder(backbone, None, Silent()).encode(items(data), "features").features
    whole = [backbone.preprocess.item(items(data).read(n)) for n in range(len(data.table))]
    with torch.inference_mode():
        expected = backbone.encode(backbone.preprocess.collate(whole)).numpy()
    cosine = (encoded * expected).sum(1) / np.linalg.norm(encoded, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosine.min() > 0.9999


def test_the_decision_is_noted_with_what_it_was_made_on(tmp_path: Path, backbone: Backbone, monkeypatch):
    data, before = items(photos(tmp_path / "p")), backbone.preprocess
    measured: list[int] = []
    monkeypatch.setattr(reading, "_cosine", lambda *given: measured.append(len(given[2])) or 0.9971)

    def decided(seen: Items) -> int | None:
        backbone.preprocess = before
        settle_reading(backbone, seen, tmp_path / "home", Silent())
        return backbone.preprocess.least_side

    assert [decided(data), decided(data)] == [None, None]
    assert measured == [8]
    monkeypatch.setattr(reading, "COSINE_FLOOR", 0.99)
    assert [decided(data), decided(data)] == [128, 128]
    assert measured == [8, 8]
    monkeypatch.setattr(reading, "CHECKED", 5)
    assert decided(data) == 128
    assert decided(data.subset(np.arange(3))) == 128
    monkeypatch.setattr("PIL.__version__", "0.1")
    assert decided(data) == 128
    assert measured == [8, 8, 5, 3, 5]


@pytest.mark.parametrize(("cosine", "shown"), [(0.99709, ".997"), (0.99719, ".9971"), (0.9990, ".999"), (0.0, "0")])
def test_a_cosine_is_shown_as_people_read_it(cosine: float, shown: str):
    assert reading._short(cosine) == shown


def test_features_that_are_not_numbers_speak_against_a_reduced_scale(tmp_path: Path, backbone: Backbone, monkeypatch):
    listener = Listener()
    monkeypatch.setattr(reading, "_cosine", lambda *_: float("nan"))
    settle_reading(backbone, items(photos(tmp_path / "p", count=4)), tmp_path, listener)
    assert backbone.preprocess.least_side is None
    assert "features of 4 large JPEGs differ at a reduced scale (cosine not a number" in listener.said[0]


@pytest.mark.parametrize(("form", "least_side"), [("png", 128), ("jpg", 600)])
def test_what_was_not_checked_is_decoded_in_full(
    tmp_path: Path, backbone: Backbone, monkeypatch, form: str, least_side: int
):
    monkeypatch.setattr(reading, "_cosine", lambda *_: pytest.fail("nothing would be decoded at a reduced scale"))
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
    assert reading._cosine(backbone, data, chosen) == pytest.approx(cosine, abs=2e-7)
    assert cosine < 1 - 1e-6  # the two readings differ
