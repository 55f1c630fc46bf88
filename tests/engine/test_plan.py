from __future__ import annotations

import pytest

from headstart.core.recipe import Budget
from headstart.engine.plan import PRESETS, TRAINING, Cost, affordable_folds, make_plan, training_cost
from headstart.strategies.last_blocks import LastBlocks
from headstart.strategies.lp_ft import LpFt


def test_presets_need_no_clock_and_grow():
    plans = [make_plan(Budget.parse(name)) for name in ("quick", "standard", "thorough")]
    assert plans == list(PRESETS.values())
    assert [p.passes for p in plans] == sorted(p.passes for p in plans)
    assert [p.ranked for p in plans] == sorted(p.ranked for p in plans)


def test_seconds_buy_the_largest_preset_that_fits_and_the_rest_goes_to_strategies():
    assert make_plan(Budget.parse("10s"), pass_seconds=10.0) == PRESETS["quick"]
    plan = make_plan(Budget.parse("1h"), pass_seconds=10.0)
    assert plan.ranked == PRESETS["standard"].ranked
    assert plan.passes == pytest.approx(0.5 * 3600 / 10 - plan.scratch_passes)
    assert make_plan(Budget.parse("10h"), pass_seconds=1.0).repeats == PRESETS["thorough"].repeats
    with pytest.raises(ValueError, match="needs the measured seconds of one pass"):
        make_plan(Budget.parse("1h"))


def test_frozen_blocks_cost_one_pass_per_view_for_all_fits_and_trained_ones_every_epoch():
    assert training_cost(LpFt().lasting(4), 1.0, stored=True) == Cost(once=0.0, each=4 * TRAINING)
    cost = training_cost(LastBlocks().lasting(6), 0.2, stored=True)
    assert cost == Cost(once=pytest.approx(0.8 * 6), each=pytest.approx(6 * 0.2 * TRAINING))
    assert cost.of(3) == pytest.approx(4.8 + 3 * 1.2 * TRAINING)
    assert training_cost(LastBlocks().lasting(100), 0.2, stored=True).once == pytest.approx(0.8 * 8)


def test_where_nothing_is_stored_frozen_blocks_run_in_every_epoch_of_every_fit():
    cost = training_cost(LastBlocks().lasting(6), 0.2, stored=False)
    assert cost == Cost(once=0.0, each=pytest.approx(6 * 0.8 + 6 * 0.2 * TRAINING))


def test_the_refit_is_paid_for_and_one_fold_is_no_comparison():
    cost = Cost(once=1.0, each=2.0)
    assert [affordable_folds(cost, passes, 5) for passes in (0, 5, 6.9, 7, 9, 1000)] == [0, 0, 0, 2, 3, 5]
