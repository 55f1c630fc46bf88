from __future__ import annotations

from dataclasses import replace

import pytest

from headstart.core.recipe import Budget
from headstart.engine.plan import (
    FEW,
    PRESETS,
    TRAINING,
    Cost,
    Speed,
    affordable_folds,
    make_plan,
    measurable,
    training_cost,
)
from headstart.strategies.full import Full
from headstart.strategies.last_blocks import LastBlocks
from headstart.strategies.lp_ft import LpFt


def test_presets_need_no_clock_and_grow():
    plans = [make_plan(Budget.parse(name), 5000, "image") for name in ("quick", "standard", "thorough")]
    assert plans == list(PRESETS.values())
    assert [p.passes for p in plans] == sorted(p.passes for p in plans)
    assert [p.ranked for p in plans] == sorted(p.ranked for p in plans)


def test_few_items_are_passed_more_often_where_anything_is_trained():
    quick, standard, thorough = (
        make_plan(Budget.parse(name), 100, "image") for name in ("quick", "standard", "thorough")
    )
    assert quick == PRESETS["quick"]
    assert standard == replace(PRESETS["standard"], passes=FEW["image"] / 100)
    assert thorough == PRESETS["thorough"]
    assert make_plan(Budget.parse("thorough"), 10, "image").passes == FEW["image"] / 10
    cost = training_cost(Full().paced(100), 1.0, views=0)
    assert affordable_folds(cost, standard.passes, 5) == 5


def test_of_texts_which_are_soon_passed_four_hundred_may_train_a_whole_network():
    plans = [make_plan(Budget.parse("standard"), 400, modality) for modality in ("image", "text")]
    cost = training_cost(Full().paced(400), 1.0, views=0)
    assert [affordable_folds(cost, plan.passes, 5) for plan in plans] == [0, 4]


def test_seconds_buy_the_largest_preset_that_fits_and_the_rest_goes_to_strategies():
    slow, fast = Speed(seconds=10.0, operations=100), Speed(seconds=1.0, operations=100)
    assert make_plan(Budget.parse("10s"), 100, "image", slow) == replace(PRESETS["quick"], speed=slow)
    plan = make_plan(Budget.parse("1h"), 100, "image", slow)
    assert plan.ranked == PRESETS["standard"].ranked
    assert plan.passes == pytest.approx(0.5 * 3600 / 10 - plan.scratch_passes)
    assert make_plan(Budget.parse("10h"), 100, "image", fast).repeats == PRESETS["thorough"].repeats
    with pytest.raises(ValueError, match="needs the measured speed of a model"):
        make_plan(Budget.parse("1h"), 100, "image")


def test_a_quarter_of_the_seconds_goes_to_measuring_models():
    budget = Budget.parse("10m")  # 150 s for the ranking
    plan = replace(PRESETS["standard"], taken=2, enlarged=True, speed=Speed(seconds=5.0, operations=100))
    assert measurable([1.0, 2.0, 18.0], budget, plan) == [True, True, True]  # 30 passes: 4 + 8 + 18
    assert measurable([1.0, 2.0, 18.1, 1.0], budget, plan) == [True, True, False, True]
    assert measurable([100.0, 1.0], budget, plan) == [True, False]
    assert measurable([100.0, 100.0], Budget.parse("quick"), PRESETS["quick"]) == [True, True]


def test_frozen_blocks_cost_one_pass_per_view_for_all_fits_and_trained_ones_every_epoch():
    assert training_cost(LpFt().lasting(4), 1.0, views=4) == Cost(once=0.0, each=4 * TRAINING)
    cost = training_cost(LastBlocks().lasting(6), 0.2, views=6)
    assert cost == Cost(once=pytest.approx(0.8 * 6), each=pytest.approx(6 * 0.2 * TRAINING))
    assert cost.of(3) == pytest.approx(4.8 + 3 * 1.2 * TRAINING)
    assert training_cost(LastBlocks().lasting(100), 0.2, views=0).once == pytest.approx(0.8)


def test_the_refit_is_paid_for_and_one_fold_is_no_comparison():
    cost = Cost(once=1.0, each=2.0)
    assert [affordable_folds(cost, passes, 5) for passes in (0, 5, 6.9, 7, 9, 1000)] == [0, 0, 0, 2, 3, 5]
