"""What `check` refuses is tested where it is called, in test_adapt.py."""

from __future__ import annotations

from pathlib import Path

from tests.engine import toys


def test_members_are_found_by_name_and_the_seed_is_the_recipes(tmp_path: Path):
    other = toys.member(name="toy:other")
    options = toys.options(tmp_path, toys.member(), other, seed=7)
    assert options.member("toy:other") is other
    assert options.seed == 7
