"""Cards of sides that are made for it."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.engine import domain_card as module
from headstart.engine.domain_card import ItemsSide, NotedSide, Side, domain_card
from headstart.engine.items import Items


def side(
    name: str, features: np.ndarray, *, brightness: int = 100, seed: int = 0, targets: np.ndarray | None = None
) -> ItemsSide:
    count = len(features)
    shades = np.random.default_rng(seed).integers(brightness - 30, brightness + 30, size=count)

    def read(position: int, least_side: int | None = None, /) -> Any:
        return Image.new("RGB", (40, 40), (int(shades[position]),) * 3)

    items = Items(digests=[f"{name} {number}" for number in range(count)], lengths=np.ones(count, dtype=int), read=read)
    return ItemsSide(
        name=name,
        features=features.astype(np.float32),
        items=items,
        ids=[f"{name}/{number}" for number in range(count)],
        targets=targets,
        preview=lambda item: {"text": str(item.size), "thumbnail": None},
    )


def cloud(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 5))


def carded(first: Side, second: Side):
    return domain_card(first, second, progress=Silent())


def test_one_domain():
    found = carded(side("train", cloud(80, 0)), side("test", cloud(60, 2), seed=1))
    assert (found.first, found.second, found.items) == ("train", "test", 60)
    assert not found.apart
    assert found.kinds == ()
    assert found.within is None
    assert found.outside < 0.2
    assert found.differing == ()


def test_another_look_and_the_items_that_differ_most():
    moved = cloud(60, 1)
    moved[:30] += 4.0
    found = carded(side("train", cloud(80, 0)), side("site", moved, brightness=160, seed=1))
    assert found.apart
    assert found.p == pytest.approx(1 / 200)
    assert found.kinds == ("appearance", "new")
    assert [each.name for each in found.differing] == ["brightness"]
    assert found.outside > 0.4
    far, near = ({int(each.id.split("/")[1]) for each in ends} for ends in (found.farthest, found.nearest))
    assert len(far) == len(near) == module.SHOWN
    assert max(far) < 30 <= min(near)
    assert found.farthest[0].likeness < found.nearest[0].likeness
    assert found.farthest[0].text == "(40, 40)"


def test_a_shift_that_nobody_sees_is_one_of_content():
    found = carded(side("train", cloud(200, 0)), side("site", cloud(200, 1) * 0.7, seed=1))
    assert found.kinds == ("content",)


def test_classes_of_another_frequency():
    labels = np.repeat([0, 1], [90, 30]), np.repeat([0, 1], [30, 90])
    first, second = (cloud(120, number) + 4.0 * given[:, None] for number, given in enumerate(labels))
    found = carded(side("train", first, targets=labels[0]), side("test", second, seed=1, targets=labels[1]))
    assert found.p <= 0.05
    assert found.within is not None
    assert found.within > 0.05
    assert not found.apart
    assert found.kinds == ("classes",)
    unlabelled = carded(side("train", first, targets=labels[0]), side("site", second, seed=1))
    assert unlabelled.within is None
    assert unlabelled.kinds == ("content",)


def test_rare_classes_are_taken_together():
    """Two hundred classes of falling frequency, drawn alike on both sides: told as often as the level says."""
    shares = 1 / np.arange(1, 201)
    told = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        drawn = tuple(random.choice(200, size=size, p=shares / shares.sum()) for size in (4000, 200))
        told += module._frequencies_differ(drawn)
    assert told <= 11
    assert module._frequencies_differ((np.arange(40) % 20, np.zeros(40, dtype=int)))
    assert not module._frequencies_differ((np.arange(12), np.arange(12)[::-1]))


def test_too_few_items_are_refused():
    with pytest.raises(UserError, match="takes 10 independent items"):
        carded(side("train", cloud(80, 0)), side("test", cloud(6, 1)))


def test_a_shift_within_classes_that_lie_far_apart():
    labels = np.arange(200) % 10
    centres = 6.0 * np.random.default_rng(9).normal(size=(10, 5))
    first, second = (centres[labels] + cloud(200, number) for number in (0, 1))
    found = carded(side("train", first, targets=labels), side("test", second + 0.45, seed=1, targets=labels))
    assert found.p > 0.05
    assert found.apart
    assert found.kinds == ("content",)


def test_blocks_are_asked_where_sides_are_apart_only():
    asked = []

    def blocks():
        asked.append(1)
        return ()

    domain_card(side("train", cloud(80, 0)), side("test", cloud(60, 2)), progress=Silent(), blocks=blocks)
    assert not asked
    domain_card(side("train", cloud(80, 0)), side("test", cloud(60, 2) + 1), progress=Silent(), blocks=blocks)
    assert asked == [1]


def test_sides_of_which_only_notes_are_left_give_the_same_card_without_pictures():
    sides = side("train", cloud(80, 0)), side("site", cloud(60, 1) + 1, brightness=160, seed=1)
    noted = [
        NotedSide(name=each.name, features=each.features, ids=each.ids, noted=list(each.looks())) for each in sides
    ]
    found, expected = carded(noted[0], noted[1]), carded(*sides)
    assert found.differing == expected.differing
    assert found.separability == expected.separability
    assert [each.id for each in found.farthest] == [each.id for each in expected.farthest]
    assert (found.farthest[0].text, found.farthest[0].thumbnail) == (None, None)
    assert expected.farthest[0].text is not None
