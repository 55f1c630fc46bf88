from __future__ import annotations

import numpy as np
import pytest

from bench._shifts import SHIFTS
from bench.across import GUARDED, Outcome, page, present
from headstart.core.alignment import SOURCE_ONLY


def outcome(shift: str, seed: int, taken: str, **scores: float) -> Outcome:
    return Outcome(shift=shift, seed=seed, taken=taken, reason="agreed", p=0.005, scores={SOURCE_ONLY: 0.5, **scores})


def test_twenty_four_shifts_both_ways():
    names = [shift.name for shift in SHIFTS]
    assert len(set(names)) == 24
    for name in names:
        if " > " in name and "," not in name:
            one, other = name.split(" > ")
            assert f"{other} > {one}" in names


def test_half_of_the_classes_can_be_left_out():
    hidden = np.arange(9) % 3
    kept = [set(hidden[present(hidden, 3, seed)]) for seed in range(20)]
    assert {len(each) for each in kept} == {2}
    assert len(set(map(frozenset, kept))) == 3
    assert present(np.array([0, 1]), 2, 0).sum() == 1
    np.testing.assert_array_equal(present(hidden, 3, 4), present(hidden, 3, 4))


def test_gains_are_points_above_the_head_as_it_was():
    found = outcome("a > b", 0, "jdot", jdot=0.6, coral=0.45).gains()
    assert found == pytest.approx({GUARDED: 10.0, "jdot": 10.0, "coral": -5.0})
    assert outcome("a > b", 0, SOURCE_ONLY, jdot=0.6).gains()[GUARDED] == 0.0


def test_the_table_counts_shifts_that_were_harmed_in_the_mean_over_seeds():
    found = [
        outcome("a > b", 0, "jdot", jdot=0.6, coral=0.49),
        outcome("a > b", 1, "jdot", jdot=0.58, coral=0.51),
        outcome("b > a", 0, SOURCE_ONLY, jdot=0.5, coral=0.4),
        outcome("b > a", 1, SOURCE_ONLY, jdot=0.52, coral=0.4),
    ]
    text = page(found)
    assert "| a > b | 50.0 | +9.0 | +9.0 | +0.0 | agreed 2 |" in text
    assert "| harmed | | 0 of 2 | 0 of 2 | 1 of 2 | |" in text
    assert "harm in 0 of 2 shifts (0%; 10% at most is the goal), and 90% of the mean gain of the best" in text


def test_a_way_that_changes_nothing_counts_as_nothing():
    text = page(
        [
            outcome("texts", 0, "jdot", jdot=0.6),
            outcome("texts", 1, "jdot", jdot=0.7),
            outcome("pictures", 0, "adabn", jdot=0.4, adabn=0.6),
            outcome("pictures", 1, SOURCE_ONLY, jdot=0.4, adabn=0.8),
        ]
    )
    assert "| shift | source only | guarded | jdot | adabn | guard |" in text
    assert "| texts | 50.0 | +15.0 | +15.0 | – | agreed 2 |" in text
    assert "| pictures | 50.0 | +5.0 | -10.0 | +20.0 | agreed 2 |" in text
    assert "| harmed | | 0 of 2 | 1 of 2 | 0 of 2 | |" in text
    assert "100% of the mean gain of the best single method, adabn" in text
