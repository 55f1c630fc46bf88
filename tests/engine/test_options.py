"""What `check` refuses is tested where it is called, in test_adapt.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine import toys


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
