from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from headstart.engine.by_domain import by_domain
from headstart.engine.final import Scored
from headstart.tasks.classification import Classification
from tests.engine import toys

TASK = Classification(classes=("a", "b"))


def scored(right: list[bool], domains: list[int] | None) -> Scored:
    targets = np.arange(len(right)) % 2
    predicted = np.where(right, targets, 1 - targets)
    ties = np.arange(len(right))
    return Scored(
        on="cross-validation", items=toys.items_of([]), ids=[], targets=targets, groups=ties, ties=ties,
        domains=None if domains is None else np.array(domains), features=np.zeros((len(right), 2), dtype=np.float32),
        probabilities=np.eye(2)[predicted], scores={},
    )  # fmt: skip


def test_every_domain_has_a_score_of_its_own_the_worst_first():
    found = by_domain(
        scored([True] * 4 + [True, False, False, False] + [True] * 2, [1] * 4 + [0] * 4 + [-1] * 2),
        TASK,
        ("x", "y", "z"),
    )
    assert [(each.domain, each.items, each.score.value) for each in found] == [("x", 4, 0.25), ("y", 4, 1.0)]
    assert found[0].score.high < 0.8  # Wilson's of one in four, and of four in four
    assert found[1].score.low > 0.4


def test_ties_widen_its_interval():
    given = scored([True, True, False, False] * 5, [0] * 20)
    tied = replace(given, ties=np.arange(20) // 4 * 4 + np.arange(20) % 4 // 2)
    (plain,), (wide,) = (by_domain(each, TASK, ("x",)) for each in (given, tied))
    assert plain.score.value == wide.score.value == pytest.approx(0.5)
    assert wide.score.high - wide.score.low > 1.2 * (plain.score.high - plain.score.low)


def test_one_item_says_next_to_nothing():
    (found,) = by_domain(scored([True, True, True], [0, -1, -1]), TASK, ("x",))
    assert found.score.low < 0.3


def test_data_without_domains_have_none():
    assert by_domain(scored([True, False], None), TASK, ()) == ()
