from __future__ import annotations

import pytest

from headstart.core.recipe import Budget
from headstart.engine.plan import PRESETS, affordable_folds, fit_passes, make_plan
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
    assert plan.passes == pytest.approx(0.5 * 3600 / 30 - plan.scratch_passes)
    assert make_plan(Budget.parse("10h"), pass_seconds=1.0).repeats == PRESETS["thorough"].repeats
    with pytest.raises(ValueError, match="needs the measured seconds of one pass"):
        make_plan(Budget.parse("1h"))


def test_a_fit_costs_forward_and_backward_above_the_boundary_and_one_pass_per_view_below():
    assert fit_passes(LpFt().lasting(4), 1.0) == pytest.approx(12.0)
    partial = fit_passes(LastBlocks().lasting(6), 0.2)
    assert partial == pytest.approx(6 * 0.2 * 3 + 0.8 * 6 / 3)
    assert fit_passes(LastBlocks().lasting(100), 0.2) == pytest.approx(100 * 0.2 * 3 + 0.8 * 8 / 3)


def test_one_fold_is_no_comparison():
    assert [affordable_folds(4.0, passes, 5) for passes in (3, 7.9, 8, 12, 1000)] == [0, 0, 2, 3, 5]
    assert affordable_folds(0.0, 0.0, 5) == 5
