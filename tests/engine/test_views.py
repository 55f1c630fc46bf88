from __future__ import annotations

from dataclasses import replace

import pytest

from headstart.engine.views import MOST, View, Views
from headstart.strategies.lp_ft import LpFt


@pytest.mark.parametrize(
    ("augment", "epochs", "views"),
    [
        ("none", 9, Views()),
        ("mild", 3, Views(count=3)),
        ("mild", 30, Views(count=MOST)),
        ("strong", 3, Views(count=3, strength="strong")),
    ],
)
def test_a_schedule_asks_for_as_many_views_as_it_has_epochs_up_to_a_limit(augment: str, epochs: int, views: Views):
    assert Views.of(replace(LpFt().schedule, augment=augment, epochs=epochs)) == views


def test_views_of_another_strength_are_called_otherwise():
    assert (str(View(3)), str(View(3, "strong"))) == ("3", "3 strong")
