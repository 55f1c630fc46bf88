"""Training items beside a given test split and a target, before anything is adapted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from headstart.core.dataset import Unlabelled
from headstart.core.domain_card import DomainComparison
from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.data._load_unlabelled import load_unlabelled
from headstart.engine import domain_comparison
from headstart.engine.domain_comparison import compared_domains
from tests.engine import toys


def preview(item: Any) -> dict[str, str | None]:
    return {"text": str(item.size), "thumbnail": None}


def target(folder: Path, *, count: int = 40, inverted: bool = False) -> Unlabelled:
    folder.mkdir(parents=True)
    for number in range(count):
        picture = toys.picture(number % 2, 5000 + number)
        (ImageOps.invert(picture) if inverted else picture).save(folder / f"{number}.png")
    return load_unlabelled(folder)


def compared(folder: Path, other: Unlabelled | None, **data: Any) -> DomainComparison:
    options = toys.options(folder / "h")
    return compared_domains(toys.dataset(folder / "d", **data), other, options, preview, Silent())


def test_a_target_and_a_given_test_split_have_a_card_each(tmp_path: Path):
    found = compared(tmp_path, target(tmp_path / "t"), train=40, test=40)
    assert [(card.first, card.second) for card in found.cards] == [
        ("training items", "test items"),
        ("training items", "items of the target"),
    ]
    tested, other = found.cards
    assert not tested.apart
    assert not other.apart
    assert tested.within is not None
    assert other.within is None
    assert other.nearest[0].text == "(24, 24)"
    assert found.model == toys.info().name
    assert found.notes == ()
    assert found.pretraining is None  # the toy has no BatchNorm


def test_another_domain_is_told(tmp_path: Path):
    (card,) = compared(tmp_path, target(tmp_path / "t", inverted=True), test=0).cards
    assert card.apart
    assert "brightness" in {each.name for each in card.differing}
    assert card.farthest[0].id.endswith(".png")


def test_tied_items_of_the_target_count_once(tmp_path: Path):
    other = target(tmp_path / "t")
    (card,) = compared(tmp_path, replace(other, groups=np.arange(40) // 2), test=0).cards
    assert card.items == 20


def test_of_many_items_some_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(domain_comparison, "COMPARED", 15)
    (card,) = compared(tmp_path, target(tmp_path / "t"), test=0).cards
    assert card.items == 15


def test_a_test_split_that_is_too_small_is_said_and_the_target_compared(tmp_path: Path):
    found = compared(tmp_path, target(tmp_path / "t"), test=6)
    assert [card.second for card in found.cards] == ["items of the target"]
    (note,) = found.notes
    assert note.startswith("Training and test items were not compared: Telling two sides apart takes 10 independent")


def test_what_cannot_be_compared_is_refused_before_weights_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(domain_comparison, "fetch", lambda *_: pytest.fail("weights were fetched"))
    with pytest.raises(UserError, match="came with no test split, so there is nothing to compare its items with; give"):
        compared(tmp_path / "a", None, test=0)
    text = toys.options(tmp_path / "h", toys.member(modality="text"))
    with pytest.raises(UserError, match="reads texts, but 'a2' holds images"):
        compared_domains(toys.dataset(tmp_path / "a2"), None, text, preview, Silent())
    few = target(tmp_path / "t", count=4)
    with pytest.raises(UserError) as caught:
        compared(tmp_path / "b", replace(few, modality="text"), test=0)
    kinds, number = caught.value.problems
    assert "holds images and the target 't' texts; give two of one kind." in kinds
    assert "of which the target 't' has 4: copies, and items of one group, count once." in number


def test_pictures_of_one_colour_are_another_domain(tmp_path: Path):
    folder = tmp_path / "t"
    folder.mkdir()
    for number in range(12):
        Image.new("RGB", (24, 24), (number, 0, 0)).save(folder / f"{number}.png")
    (card,) = compared(tmp_path, load_unlabelled(folder), test=0).cards
    assert card.apart
