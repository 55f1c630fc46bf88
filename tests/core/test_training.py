from __future__ import annotations

from dataclasses import replace

import pytest

from headstart.core.training import InputStrategy, batch_sizes, steps_per_epoch
from headstart.strategies.gradual import Gradual
from headstart.strategies.stoch_norm import StochNorm


def test_lasting_changes_the_epochs_and_nothing_else():
    strategy = Gradual(unfrozen=0.25)
    longer = strategy.lasting(11)
    assert longer == replace(strategy, schedule=replace(strategy.schedule, epochs=11))
    assert type(longer) is Gradual


@pytest.mark.parametrize(
    ("items", "size", "epochs"),
    [(1, 4, 60), (10, 4, 20), (30, 4, 8), (31, 4, 8), (60, 8, 8), (100, 13, 8), (240, 32, 8), (10_000, 32, 8)],
)
def test_few_items_come_in_small_batches_and_often_until_the_steps_suffice(items: int, size: int, epochs: int):
    usual = replace(Gradual().schedule, epochs=8, batch_size=32, least_steps=60)
    strategy = Gradual(schedule=usual)
    paced = strategy.paced(items)
    assert paced == replace(strategy, schedule=replace(usual, batch_size=size, epochs=epochs))
    assert epochs * -(-items // size) >= 60
    assert paced.paced(items) == paced
    at_will = replace(strategy, schedule=replace(usual, least_steps=0))
    assert at_will.paced(items) == at_will
    smaller = replace(strategy, schedule=replace(usual, batch_size=2))
    assert smaller.paced(items).schedule.batch_size == 2


def test_batches_stay_as_large_as_the_strategy_needs():
    class Wide(Gradual):
        smallest_batch = 16

    usual = replace(Gradual().schedule, epochs=8, batch_size=32, least_steps=60)
    paced = Wide(schedule=usual).paced(20).schedule
    assert (paced.batch_size, paced.epochs) == (16, 30)
    assert StochNorm.smallest_batch > InputStrategy.smallest_batch


@pytest.mark.parametrize(
    ("items", "size", "expected"),
    [(16, 8, (8, 8)), (17, 8, (6, 6, 5)), (34, 16, (12, 11, 11)), (65, 64, (33, 32)), (3, 2, (3,)), (1, 8, (1,))],
)
def test_batches_are_of_equal_size_and_none_is_of_one(items: int, size: int, expected: tuple[int, ...]):
    assert batch_sizes(items, size) == expected
    assert steps_per_epoch(items, size) == len(expected)
