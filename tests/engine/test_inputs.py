from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.core.training import batch_sizes
from headstart.engine.frozen import SAMPLE
from headstart.engine.inputs import Inputs, batches_of
from headstart.engine.views import MOST, Views
from tests.engine import toys


def inputs(boundary: int = 1, views: bool = False, count: int = 40) -> tuple[toys.ToyBackbone, Inputs]:
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE)
    return backbone, toys.inputs(
        backbone, boundary, toys.labelled(count).items, views=Views(count=MOST) if views else Views()
    )


def whole(given: Inputs, rows: np.ndarray, epoch: int = 0) -> tuple[list[int], torch.Tensor]:
    """Positions of an epoch in the order they came, and what came with them."""
    parts = list(given.epoch(rows, seed=1, epoch=epoch, size=8))
    values = [next(iter(batch.values())) for _, batch in parts]
    return torch.cat([chosen for chosen, _ in parts]).tolist(), torch.cat(values)


def test_an_epoch_shows_every_row_once_in_an_order_of_its_own():
    _, given = inputs()
    rows = np.array([3, 5, 7, 9, 11, 13, 15, 17, 19, 21])
    first, again, second = whole(given, rows), whole(given, rows), whole(given, rows, epoch=1)
    assert sorted(first[0]) == list(range(10))
    assert first[0] == again[0] != second[0]


@pytest.mark.parametrize("views", [False, True])
def test_stored_activations_are_those_of_the_frozen_blocks(views: bool, monkeypatch: pytest.MonkeyPatch):
    rows = np.arange(4, 36)
    _, given = inputs(views=views)
    order, stored = whole(given, rows, epoch=2)
    monkeypatch.setattr("headstart.engine.room.MEMORY", 0)
    _, fresh = inputs(views=views)
    again, computed = whole(fresh, rows, epoch=2)
    assert order == again
    assert (given.stored, fresh.stored) == (True, False)
    assert torch.allclose(stored, computed, atol=1e-5)


def test_folds_share_what_was_computed_once():
    backbone, given = inputs()
    whole(given, np.arange(0, 30))
    read = backbone.preprocess.read
    assert read == 40 + SAMPLE  # every item, and those that tell the size of their activations
    whole(given, np.arange(10, 40))
    assert backbone.preprocess.read == read


def test_without_frozen_blocks_the_items_themselves_come():
    backbone, given = inputs(boundary=0)
    order, values = whole(given, np.arange(8))
    items = toys.labelled(8).items
    expected = backbone.preprocess.collate([backbone.preprocess.item(items.read(n)) for n in order])
    assert torch.equal(values, next(iter(expected.values())))


@pytest.mark.parametrize(("boundary", "again"), [(0, False), (1, True)])
def test_views_come_again_only_where_frozen_blocks_are_kept(boundary: int, again: bool):
    _, given = inputs(boundary=boundary, views=True, count=8)
    shown = [given._view(seed=1, epoch=epoch) for epoch in range(MOST + 1)]
    assert len(set(shown[:MOST])) == MOST
    assert (shown[MOST] == shown[0]) is again
    assert given._view(seed=2, epoch=0) != shown[0]
    assert inputs(boundary=boundary)[1]._view(seed=1, epoch=0) is None


@pytest.mark.parametrize("count", [1, 2, 3, 17, 34, 65, 300])
def test_batches_are_as_equal_as_can_be(count: int):
    groups = batches_of(np.ones(count, dtype=np.int64), 8, np.random.default_rng(0))
    assert sorted((len(group) for group in groups), reverse=True) == list(batch_sizes(count, 8))
    assert np.array_equal(np.sort(np.concatenate(groups)), np.arange(count))


def test_turns_of_an_epoch_differ_in_order_and_share_views():
    _, given = inputs(views=True)
    rows = np.arange(16)
    orders = [
        torch.cat([chosen for chosen, _ in given.epoch(rows, seed=1, epoch=0, size=8, turn=turn)]).tolist()
        for turn in (0, 1)
    ]
    assert orders[0] != orders[1]
    first, second = (
        {
            int(place): values
            for positions, batch in given.epoch(rows, seed=1, epoch=0, size=8, turn=turn)
            for place, values in zip(positions, next(iter(batch.values())), strict=True)
        }
        for turn in (0, 1)
    )
    assert all(torch.equal(first[place], second[place]) for place in range(16))


def test_items_of_similar_length_share_a_batch():
    lengths = np.random.default_rng(0).integers(1, 500, size=256)
    spread = np.mean([np.ptp(lengths[group]) for group in batches_of(lengths, 32, np.random.default_rng(1))])
    assert spread < 0.3 * np.ptp(lengths)


@pytest.mark.parametrize("boundary", [0, 1])
@pytest.mark.parametrize("views", [False, True])
def test_the_fixed_view_of_some_rows_comes_whatever_is_trained_on(boundary: int, views: bool):
    backbone, given = inputs(boundary=boundary, views=views)
    rows = np.array([7, 1, 30, 12, 5])
    parts = list(given.fixed(rows, 2))
    assert torch.cat([chosen for chosen, _ in parts]).tolist() == [0, 1, 2, 3, 4]
    items = toys.labelled(40).items
    ready = backbone.preprocess.collate([backbone.preprocess.item(items.read(row)) for row in rows])
    expected = backbone.lower(ready, boundary)["hidden"]
    found = torch.cat([next(iter(batch.values())) for _, batch in parts])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_strong_views_are_other_views():
    backbone, mild = inputs(boundary=0, views=True)
    shown = Views(count=MOST, strength="strong")
    strong = toys.inputs(backbone, 0, toys.labelled(40).items, views=shown)
    rows = np.arange(8)
    assert whole(mild, rows)[0] == whole(strong, rows)[0]
    assert torch.equal(whole(mild, rows)[1].flip(2), whole(strong, rows)[1])
