"""A model that watches what it predicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headstart.bundle import watch as module
from headstart.bundle.model import write_transfer
from headstart.bundle.predictor import Predictor
from headstart.bundle.watch import SIZE, DomainWatch
from headstart.core.domain_reference import DomainReference
from headstart.core.errors import UserError
from headstart.core.sound import Clip
from headstart.distances.properties import properties
from tests.backbones.members import head_for, make
from tests.bundle.test_predictor import card


def items(count: int, seed: int, brightness: int = 100) -> list[Image.Image]:
    random = np.random.default_rng(seed)
    return [
        Image.fromarray(random.integers(brightness - 60, brightness + 60, size=(32, 32, 3), dtype=np.uint8))
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a reference of 60 noisy pictures."""
    folder, backbone = tmp_path_factory.mktemp("watched"), make("test_resnet")
    head, known = head_for(backbone), items(60, 0)
    write_transfer(folder, backbone, head, card())
    plain = Predictor.open(folder)
    found = [plain._logits([backbone.preprocess.item(each)]) for each in known]
    reference = DomainReference(
        of="training items",
        features=np.concatenate([features for features, _ in found]),
        predicted=np.array([logits[0].argmax() for _, logits in found]),
        targets=np.zeros(60, dtype=np.int64),
        looks=tuple(map(properties, known)),
    )
    write_transfer(folder, backbone, head, card(), reference)
    return folder


def test_items_of_the_domain_are_told_from_others(served: Path):
    model = Predictor.open(served)
    assert model.reference is not None
    usual, other = model.watch(), model.watch()
    expected = model.predict(items(50, 1))
    assert model.predict(items(50, 1), watch=usual) == expected
    model.predict(items(30, 2, 180), watch=other)
    model.predict(items(20, 3, 180), watch=other)
    assert (len(usual), len(other)) == (50, 50)
    card = usual.card()
    assert (card.first, card.second, card.items) == ("training items", "new items", 50)
    assert not card.apart
    assert card.within is not None
    found = other.card()  # all of one class, which none of the reference is
    assert found.apart
    assert found.within is None
    assert [each.name for each in found.differing] == ["brightness", "saturation"]
    assert all(each.id.startswith("item ") for each in found.farthest)


def test_classes_are_held_equal_where_sides_share_enough_of_them():
    first, second = np.repeat([0, 1], [30, 10]), np.repeat([1, 2], [10, 10])
    assert module._shared(first, second) == pytest.approx(0.25 * 20)
    assert module._shared(first, first[:20]) == pytest.approx(0.75 * 20)
    assert module._shared(first, first[:0]) == 0


def test_copies_count_once_whatever_they_are_called(served: Path):
    model = Predictor.open(served)
    watch, few = model.watch(), items(4, 1)
    for _ in range(5):
        model.predict(few, watch=watch)
    assert len(watch) == 4
    with pytest.raises(UserError, match=r"takes 10 independent items of each at least .* there are 60 and 4"):
        watch.card()
    with pytest.raises(UserError, match=r"there are 60 and 0"):
        model.watch().card()


def test_kinds_of_items_have_digests_of_their_own():
    sound = Clip(samples=np.zeros(8, dtype=np.float32), rate=8000)
    picture = Image.new("RGB", (2, 3))
    different = ["", "a", sound, replace(sound, samples=np.ones(8, dtype=np.float32)), picture, picture.resize((3, 2))]
    assert len({module._digest(each) for each in different}) == len(different)


def test_all_items_are_as_likely_to_be_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST", 10)
    chosen = np.zeros(40)
    for seed in range(200):
        watch = DomainWatch(reference(), sized=True, seed=seed)
        for number in range(40):
            noted = watch.note(str(number), f"text {number}")
            if noted is not None:
                watch.keep(noted, np.array([float(number)], dtype=np.float32), 0)
        kept = [int(row[0]) for _, row, _ in watch._kept]
        assert len(set(kept)) == 10
        chosen[kept] += 1
    assert abs(chosen[:20].sum() - chosen[20:].sum()) < 150  # of 2,000
    assert chosen.min() >= 25
    assert chosen.max() <= 75


def test_the_size_of_pictures_decoded_at_a_reduced_scale_is_not_told():
    picture: Any = Image.new("RGB", (20, 10))
    looks = [DomainWatch(reference(), sized=sized).note("a", picture) for sized in (True, False)]
    assert [SIZE in each.look for each in looks if each is not None] == [True, False]


def reference() -> DomainReference:
    return DomainReference(
        of="training items",
        features=np.zeros((12, 1), dtype=np.float32),
        predicted=np.zeros(12, dtype=np.int64),
        targets=None,
        looks=({"words": 1.0},),
    )


def test_a_model_without_a_reference_cannot_be_watched(tmp_path: Path):
    backbone = make("test_resnet")
    write_transfer(tmp_path, backbone, head_for(backbone), card())
    with pytest.raises(UserError, match="This model keeps no items of its domain to compare new ones with"):
        Predictor.open(tmp_path).watch()
