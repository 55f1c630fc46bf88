"""Families under ways to train, a part of all pairs; the bench ``matrix`` tries every one."""

from __future__ import annotations

import pytest

from tests.contracts.pairs import INPUTS, SOME, tried


@pytest.mark.parametrize(("member", "name"), SOME)
def test_a_strategy_moves_what_it_says_in_every_family_or_refuses_it(member: str, name: str) -> None:
    assert tried(member, name) in ("trained", "refused")


def test_every_strategy_meets_three_families_or_more() -> None:
    assert {name for _, name in SOME} == set(INPUTS)
    assert all(sum(other == name for _, other in SOME) >= 3 for name in INPUTS)
