"""What `check` refuses is tested where it is called, in test_adapt.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headstart.core.errors import UserError
from headstart.engine.options import Destination, check
from tests.engine import toys
from tests.engine.test_crossing import darker


def test_members_are_found_by_name_and_the_seed_is_the_recipes(tmp_path: Path):
    other = toys.member(name="toy:other")
    options = toys.options(tmp_path, toys.member(), other, seed=7)
    assert options.member("toy:other") is other
    assert options.seed == 7


def test_a_model_of_sound_costs_what_it_hears():
    member = replace(toys.member(), info=toys.info(input={"seconds": 30}, gflops=6.0))
    assert (member.gflops, replace(member, seconds=5).gflops) == (6.0, 1.0)
    assert replace(toys.member(), info=toys.info(gflops=6.0), seconds=None).gflops == 6.0


@pytest.mark.parametrize(("facts", "asked"), [({"seconds": 30}, 3), ({"size": 16}, None)], ids=["sound", "picture"])
def test_models_of_sound_are_built_for_what_is_heard(facts: dict[str, int], asked: int | None, monkeypatch):
    sizes = []
    member = replace(toys.member(), info=toys.info(input=facts), seconds=3)
    monkeypatch.setattr(type(member.source), "load", lambda self, info, *, size=None, **_: sizes.append(size))
    member.load()
    assert sizes == [asked]


def test_sides_too_small_to_be_told_apart_are_refused_before_anything_else(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    target = darker(tmp_path / "t", 12)
    to = replace(toys.options(tmp_path / "h"), destination=Destination(data=target, methods={}, validators={}))
    check(data, to)
    tied = replace(data, groups=np.arange(len(data)) // 20)
    small = replace(to, destination=replace(to.destination, data=darker(tmp_path / "s", 4)))
    with pytest.raises(UserError) as caught:
        check(tied, small)
    assert caught.value.problems == (
        "Telling source and target apart takes 10 independent items of each at least, of which 'd' has "
        f"{len(np.unique(tied.groups[tied.split.train]))}: copies, and items of one group, count once. Add items.",
        "Telling source and target apart takes 10 independent items of each at least, of which the target 's' has 4: "
        "copies, and items of one group, count once. Add items.",
    )
