from __future__ import annotations

from dataclasses import replace

import pytest

from headstart.strategies.soup import Soup
from tests.backbones.members import make


def test_members_are_fine_tunes_at_rates_around_the_usual_one():
    soup = Soup(members=3, spread=4.0)
    assert [each.schedule.rate_scale for each in soup.ingredients] == pytest.approx([0.25, 1.0, 4.0])
    backbone = make("test_efficientnet")
    assert all(each.prepare(backbone) == soup.prepare(backbone) for each in soup.ingredients)
    assert all(len(each.ingredients) == 1 for each in soup.ingredients)
    assert soup.holds_out


def test_a_soup_of_one_is_a_fine_tune():
    soup = Soup(members=1)
    assert soup.ingredients == (soup,)
    assert not soup.holds_out
    assert replace(soup, schedule=replace(soup.schedule, patience=2)).holds_out


def test_all_last_as_long_as_the_soup():
    assert {each.schedule.epochs for each in Soup().lasting(3).ingredients} == {3}
