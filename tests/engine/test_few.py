from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from headstart.core.alignment import CONSENSUS, SOURCE_ONLY, Alignment, Reason, WayRow
from headstart.engine.few import Few, chosen
from headstart.tasks.classification import Classification

TASK = Classification(classes=("a", "b"))


def alignment(taken: str = CONSENSUS, reason: Reason = "agreed") -> Alignment:
    rows = tuple(
        WayRow(method=name, values={}, changed=0.0, predicted=(0.5, 0.5)) for name in (SOURCE_ONLY, "jdot", CONSENSUS)
    )
    return Alignment(taken=taken, reason=reason, sentence="As it was.", p=0.01, source=9, target=9, rows=rows, judged=9)


def few(count: int = 40) -> Few:
    return Few(targets=np.arange(count) % 2, groups=np.arange(count))


def right(items: Few, wrong: int) -> NDArray[np.float64]:
    """Logits that get all but the first so many of the items right."""
    named = items.targets.copy()
    named[:wrong] = 1 - named[:wrong]
    return 4.0 * np.eye(2)[named]


def said(items: Few, source: int, jdot: int, consensus: int) -> dict[str, NDArray[np.floating]]:
    return {SOURCE_ONLY: right(items, source), "jdot": right(items, jdot), CONSENSUS: right(items, consensus)}


def test_a_way_that_is_clearly_ahead_takes_the_place_of_what_the_guard_took():
    found, record = chosen(alignment(), said(few(), 16, 4, 14), few(), TASK)
    assert (found.taken, found.reason) == ("jdot", "labelled")
    assert found.sentence == (
        "40 labelled items of the target speak for it: it gets 90% of them right (balanced), and consensus, which "
        "would have been taken without them, 65%."
    )
    assert (record.items, record.instead_of) == (40, CONSENSUS)
    assert {name: interval.value for name, interval in record.right.items()} == pytest.approx(
        {SOURCE_ONLY: 0.6, "jdot": 0.9, CONSENSUS: 0.65}
    )
    assert record.difference is not None
    assert 0.2 < record.difference.value <= 0.3
    assert record.difference.low < record.difference.value < record.difference.high
    assert record.difference.method.endswith("corrected for choosing among 3 (BBC)")


def test_what_was_chosen_among_equals_gains_nothing_in_the_mean():
    """Ways that are all right for half of the items, by chance: whichever is ahead is ahead by luck."""
    random, gains, plain = np.random.default_rng(0), [], []
    for _ in range(40):
        items = few(30)
        ways = {name: 4.0 * np.eye(2)[random.integers(0, 2, 30)] for name in (SOURCE_ONLY, "a", "b", "c", "jdot")}
        found, record = chosen(alignment("jdot"), ways, items, TASK)
        if found.reason == "labelled" and record.difference is not None:
            gains.append(record.difference.value)
            plain.append(record.right[found.taken].value - record.right[SOURCE_ONLY].value)
    assert len(gains) > 10
    assert np.mean(plain) > 0.12
    assert np.mean(gains) < 0.6 * np.mean(plain)


def test_a_lead_that_may_be_luck_leaves_it_at_that():
    found, record = chosen(alignment(), said(few(), 16, 12, 13), few(), TASK)
    assert (found.taken, found.reason, found.sentence) == (CONSENSUS, "agreed", "As it was.")
    assert record.instead_of == ""
    assert record.difference is not None
    assert record.difference.value == pytest.approx(3 / 40)


def test_they_bring_the_model_as_it_was_back():
    found, record = chosen(alignment(), said(few(), 4, 16, 16), few(), TASK)
    assert (found.taken, found.reason) == (SOURCE_ONLY, "labelled")
    assert record.difference is None


def test_they_take_what_the_guard_had_refused():
    refused = alignment(SOURCE_ONLY, "not clearer")
    found, _ = chosen(refused, said(few(), 16, 16, 3), few(), TASK)
    assert (found.taken, found.reason) == (CONSENSUS, "labelled")


def test_a_way_that_was_asked_for_stays_and_is_measured():
    asked = alignment("jdot", "asked for")
    found, record = chosen(asked, said(few(), 2, 20, 2), few(), TASK)
    assert found is asked
    assert record.difference is not None
    assert record.difference.value < 0


def test_of_equals_the_guards_own_stays():
    found, _ = chosen(alignment(), said(few(), 9, 9, 9), few(), TASK)
    assert found.taken == CONSENSUS


def test_tied_items_count_once():
    """Forty copies of two items say as much as two: nothing is clear."""
    tied = replace(few(), groups=np.arange(40) % 2)
    found, _ = chosen(alignment(), said(tied, 16, 4, 14), tied, TASK)
    assert found.taken == CONSENSUS
