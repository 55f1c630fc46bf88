from __future__ import annotations

import pytest

from headstart import catalog
from headstart.candidates import candidates, paced
from headstart.core.errors import UserError
from headstart.core.recipe import Recipe
from headstart.core.training import LEAST_STEPS, InputStrategy
from headstart.strategies.linear_probe import LinearProbe
from headstart.strategies.lora import Lora


def pace(settings: dict, items: int = 20, strategy: str = "lora") -> tuple[int, int]:
    (named,) = paced(candidates(Recipe(strategy=strategy, settings=settings)), items).values()
    assert isinstance(named, InputStrategy)
    return named.schedule.epochs, named.schedule.batch_size


def test_few_items_mean_small_batches_and_many_epochs_unless_one_is_given():
    usual = (Lora().schedule.epochs, Lora().schedule.batch_size)
    expected = (LEAST_STEPS // 5, Lora.smallest_batch)
    assert expected != usual
    assert pace({}) == pace({"rank": 2}) == pace({}, strategy="full") == expected
    assert pace({"epochs": 7}) == (7, usual[1])
    assert pace({"batch_size": 7}) == (usual[0], 7)
    assert pace({"epochs": 7, "least_steps": 100}) == (20, Lora.smallest_batch)
    assert pace({"least_steps": 0}) == pace({}, items=5000) == usual


def test_auto_compares_the_candidates_and_what_reads_features_has_no_pace():
    found = paced(candidates(Recipe()), 20)
    assert list(found) == [name for name in catalog.strategies.names() if catalog.strategies.get(name).candidate]
    assert found["linear_probe"] == LinearProbe()


def test_a_setting_that_nothing_has_is_one_problem():
    with pytest.raises(UserError, match="has no setting 'epochs'") as caught:
        candidates(Recipe(strategy="linear_probe", settings={"epochs": 5}))
    assert len(caught.value.problems) == 1


def test_settings_without_the_strategy_they_are_for_are_refused():
    with pytest.raises(UserError, match=r"Settings \(rank\) belong to one strategy, and the strategy is 'auto'"):
        candidates(Recipe(settings={"rank": 2}))
