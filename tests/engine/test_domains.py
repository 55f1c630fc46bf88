"""Training items beside test items that came with the data."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from headstart.core.dataset import Dataset
from headstart.data._load import load
from headstart.engine import domains
from headstart.engine.adapt import label
from headstart.engine.domains import compared
from headstart.engine.items import items_of
from tests.engine import toys


def preview(item: Any) -> dict[str, str | None]:
    return {"text": str(item.size), "thumbnail": None}


def carded(data: Dataset, home: Path):
    run = toys.run(home)
    train, test = (items_of(data, rows) for rows in (data.split.train, data.split.test))
    labelled, _ = label(data, train, run.options, run.plan)
    run = replace(run, data=labelled)
    return compared(toys.contender(run), run, data, test, preview)


def test_items_of_one_domain_are_not_told_apart(tmp_path: Path):
    (found,), note = carded(toys.dataset(tmp_path / "d", train=40, test=40), tmp_path / "h")
    assert note == ""
    assert (found.first, found.second, found.items) == ("training items", "test items", 40)
    assert found.within is not None
    assert not found.apart


def test_inverted_test_items_are(tmp_path: Path):
    toys.dataset(tmp_path / "d", train=40, test=40)
    for path in (tmp_path / "d" / "test").rglob("*.png"):
        ImageOps.invert(Image.open(path)).save(path)
    (found,), _ = carded(load(tmp_path / "d"), tmp_path / "h")
    assert found.apart
    assert {each.name for each in found.differing} & {"brightness", "contrast", "saturation"}
    assert found.farthest[0].id.startswith("test/")


def test_one_item_of_each_group_is_looked_at(tmp_path: Path):
    data = toys.dataset(tmp_path / "d", train=40, test=40)
    groups = data.groups.copy()
    groups[data.split.test] = 100 + np.arange(40) // 2
    (found,), _ = carded(replace(data, groups=groups), tmp_path / "h")
    assert found.items == 20
    groups[data.split.test] = 100 + np.arange(40) // 5
    cards, note = carded(replace(data, groups=groups), tmp_path / "h")
    assert cards == ()
    assert note.endswith("(copies and groups count once), and there are 40 and 8.")


def test_a_split_made_here_is_not_compared(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    made = replace(data, split=replace(data.split, origin="made"))
    assert carded(made, tmp_path / "h") == ((), "")


def test_too_few_test_items_are_said(tmp_path: Path):
    found, note = carded(toys.dataset(tmp_path / "d", test=6), tmp_path / "h")
    assert found == ()
    assert note.startswith("Training and test items were not compared: Telling two sides apart takes 10 independent")


def test_many_test_items_are_drawn_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(domains, "COMPARED", 15)
    (found,), _ = carded(toys.dataset(tmp_path / "d", train=40, test=40), tmp_path / "h")
    assert found.items == 15
    assert np.isfinite(found.frechet.value)
