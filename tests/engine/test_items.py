from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from headstart.engine.items import Items, ahead, batches, in_turn


def test_batches_cover_every_item_once_and_keep_both_bounds():
    lengths = np.random.default_rng(0).integers(1, 200, size=301)
    groups = batches(lengths, most=16, budget=1000)
    assert np.array_equal(np.sort(np.concatenate(groups)), np.arange(301))
    assert all(len(group) <= 16 for group in groups)
    assert all(len(group) == 1 or len(group) * lengths[group].max() <= 1000 for group in groups)


def test_an_item_beyond_the_budget_travels_alone():
    groups = batches(np.array([5000, 3, 2]), most=8, budget=1000)
    assert [group.tolist() for group in groups] == [[0], [1, 2]]


@pytest.mark.parametrize("compute", [ahead, in_turn])
def test_work_keeps_its_order_and_passes_errors_on(compute: Callable):
    assert list(compute([lambda n=n: n * n for n in range(21)])) == [n * n for n in range(21)]
    with pytest.raises(ZeroDivisionError):
        list(compute([lambda: 1, lambda: 1 // 0, lambda: 2]))


def test_in_turn_nothing_is_computed_while_a_result_is_consumed():
    done = []
    for number, _ in enumerate(in_turn([lambda n=n: done.append(n) for n in range(9)], threads=3)):
        assert len(done) == 3 * (number // 3 + 1)


def test_subsets_and_decoded_items_read_lazily():
    read = []
    items = Items(
        digests=[f"{n:064x}" for n in range(5)], lengths=np.arange(5), read=lambda n: read.append(n) or f"item {n}"
    )
    part = items.subset(np.array([3, 1]))
    assert (len(part), part.digests[0][-1], part.lengths.tolist()) == (2, "3", [3, 1])
    assert not read
    decoded = part.decoded()
    assert (decoded[0], decoded[-1], decoded[:2], list(decoded)) == (
        "item 3", "item 1", ["item 3", "item 1"], ["item 3", "item 1"],
    )  # fmt: skip
    with pytest.raises(IndexError, match="there are 2 items, number 2 was asked for"):
        decoded[2]
