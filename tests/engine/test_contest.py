from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.core.backbone import Backbone
from headstart.core.errors import UserError
from headstart.core.strategy import Strategy
from headstart.core.training import Preparation
from headstart.engine import contest, trials
from headstart.engine.features import Encoder
from headstart.engine.loop import Diverged
from headstart.engine.operations import operations
from headstart.engine.options import PoolMember
from headstart.engine.plan import Speed
from headstart.engine.rank import Entrant
from headstart.engine.trials import Contender
from headstart.strategies.bitfit import Bitfit
from headstart.strategies.distil import Distil
from headstart.strategies.full import Full
from headstart.strategies.gradual import Gradual
from headstart.strategies.head2toe import Head2Toe
from headstart.strategies.last_blocks import LastBlocks
from headstart.strategies.linear_probe import LinearProbe
from headstart.strategies.multi_view import MultiView
from tests.engine import toys


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


def probed(tmp_path: Path, passes: float, **strategies: object) -> tuple[contest.Contest, toys.Run]:
    run = toys.run(tmp_path, strategies=strategies)
    run = replace(run, plan=replace(run.plan, passes=passes))
    contender = toys.contender(run)
    trial = contest.try_features(contender, "linear_probe", LinearProbe(), run)
    return contest.hold([Entrant(probe=trial, native=contender)], run), run


def test_what_the_budget_does_not_reach_is_skipped_with_its_price(tmp_path: Path):
    held, _ = probed(tmp_path, 10.0, linear_probe=LinearProbe(), full=Full().lasting(1))
    assert [trial.strategy_name for trial in held.trials] == ["linear_probe"]
    assert held.skipped[0].strategy == "full"
    assert (
        held.skipped[0].skipped == "two folds and a refit cost 14 passes over the data, the budget has 10 left for it"
    )
    held, _ = probed(tmp_path, 0.0, linear_probe=LinearProbe(), full=Full().lasting(1))
    assert held.skipped[0].skipped == "this budget trains no networks; 'standard' does"


def test_those_of_which_more_is_expected_go_first_then_the_cheaper_ones_and_leave_less(tmp_path: Path):
    given = {
        "bitfit": Bitfit().lasting(2),
        "last_blocks": LastBlocks().lasting(1),
        "full": Full().lasting(1),
        "linear_probe": LinearProbe(),
        "gradual": Gradual().lasting(1),
    }
    assert Full.lead > LastBlocks.lead > Bitfit.lead == Gradual.lead
    held, _ = probed(tmp_path, 100.0, **given)
    assert [each.strategy_name for each in held.trials] == ["linear_probe", "full", "last_blocks", "gradual", "bitfit"]
    assert held.trials[3].cost < held.trials[4].cost
    held, _ = probed(tmp_path, 20.0, **given)
    assert held.trials[1].strategy_name == "full"
    assert {row.strategy for row in held.skipped} >= {"gradual", "bitfit"}


def test_a_strategy_asked_for_alone_is_never_dropped(tmp_path: Path):
    held, _ = probed(tmp_path, 0.0, full=Full().lasting(1))
    assert [trial.strategy_name for trial in held.trials] == ["full"]
    assert not held.skipped


def test_a_small_model_learns_from_the_best_larger_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small, large = toys.info(), toys.info(name="toy:large", parameters=2000)
    run = toys.run(tmp_path, strategies={"linear_probe": LinearProbe(), "distil": Distil().lasting(1)})
    run = replace(run, plan=replace(run.plan, passes=100.0))
    teachers: list[Contender | None] = []
    tried = contest.try_inputs

    def watched(contender: Contender, *given: object, **how: object) -> object:
        teachers.append(contender.teacher)
        return tried(contender, *given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(contest, "try_inputs", watched)
    entrants = []
    for facts in (small, large):
        contender = toys.contender(run, PoolMember(source=toys.ToySource(facts), info=facts))
        trial = contest.try_features(contender, "linear_probe", LinearProbe(), run)
        entrants.append(Entrant(probe=trial, native=contender))
    held = contest.hold(entrants, run)
    assert teachers == [entrants[1].probe.contender]
    assert [trial.strategy_name for trial in held.trials].count("distil") == 1
    assert {row.model: row.skipped for row in held.skipped} == {
        "toy:large": "it learns from a larger model, and none was measured besides; name one with --pool"
    }


def test_refusal_and_divergence_are_reasons_not_crashes(tmp_path: Path, monkeypatch):
    def diverging(*arguments: object, **options: object) -> None:
        raise Diverged("Training diverged.")

    monkeypatch.setattr(contest, "try_inputs", diverging)
    held, _ = probed(tmp_path, 1e9, linear_probe=LinearProbe(), full=Full().lasting(1), refuses=Refuses())
    assert {row.strategy: row.skipped for row in held.skipped} == {"full": "Training diverged.", "refuses": "Never."}


class Refuses(Full):
    def supports(self, info: object, task: object) -> str:
        return "Never."


class Stuck(Full):
    def prepare(self, backbone: object) -> Preparation:
        raise UserError("Nothing in this backbone would be trained.")


def test_a_strategy_that_finds_nothing_to_train_is_left_out(tmp_path: Path):
    held, _ = probed(tmp_path, 1e9, linear_probe=LinearProbe(), stuck=Stuck())
    assert [row.skipped for row in held.skipped] == ["Nothing in this backbone would be trained."]


def test_a_budget_in_seconds_counts_passes_of_a_larger_backbone_for_more(tmp_path: Path):
    run = toys.run(tmp_path, strategies={"linear_probe": LinearProbe(), "full": Full().lasting(1)})
    contender = toys.contender(run)
    trial = contest.try_features(contender, "linear_probe", LinearProbe(), run)
    own = operations(contender.backbone, run.data.items)
    for timed, tried in ((own, 1), (own // 2, 0)):
        plan = replace(run.plan, passes=14.0, speed=Speed(seconds=1.0, operations=timed))
        held = contest.hold([Entrant(probe=trial, native=contender)], replace(run, plan=plan))
        assert len(held.trials) == 1 + tried


def test_the_price_depends_on_the_recipe_and_not_on_the_room_for_activations(tmp_path: Path, monkeypatch):
    run = toys.run(tmp_path, strategies={"linear_probe": LinearProbe(), "last_blocks": LastBlocks().lasting(6)})
    run, strategy = replace(run, plan=replace(run.plan, passes=100.0)), LastBlocks().lasting(6)
    contender = toys.contender(run)
    roomy = contest._priced(contender, strategy, run)
    assert roomy.once > 0
    monkeypatch.setattr("headstart.engine.room.MEMORY", 0)
    full = contest._priced(toys.contender(run), strategy, run)
    assert full == roomy


def test_pricing_asks_for_no_room(tmp_path: Path, monkeypatch):
    def asked(*_: object) -> None:
        raise AssertionError("only what is run is given room")

    monkeypatch.setattr("headstart.engine.room.Room.place", asked)
    held, _ = probed(tmp_path, 0.1, linear_probe=LinearProbe(), last_blocks=LastBlocks().lasting(6))
    assert [row.strategy for row in held.skipped] == ["last_blocks"]


def test_more_views_are_paid_for_and_refused_with_a_reason(tmp_path: Path):
    held, _ = probed(tmp_path, 3.0, linear_probe=LinearProbe(), multi_view=MultiView(views=2))
    assert [(trial.strategy_name, trial.cost) for trial in held.trials] == [("linear_probe", 1.0), ("multi_view", 3.0)]
    held, _ = probed(tmp_path, 1.0, linear_probe=LinearProbe(), multi_view=MultiView(views=2))
    assert held.skipped[0].skipped == "it reads the items in 2 more passes, the budget has 1 left for them"
    held, _ = probed(tmp_path, 0.0, multi_view=MultiView(views=2))
    assert [trial.strategy_name for trial in held.trials] == ["multi_view"]


def test_views_of_more_items_than_memory_holds_are_not_read(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("headstart.engine.cache.HELD_BYTES", 100)
    held, _ = probed(tmp_path, 9.0, linear_probe=LinearProbe(), multi_view=MultiView(views=2))
    assert held.skipped[0].skipped == "features of 3 views of 40 items do not fit in memory"


def test_what_reads_every_block_costs_a_pass_and_is_refused_with_a_reason(tmp_path: Path, monkeypatch):
    both: dict[str, Strategy] = {"linear_probe": LinearProbe(), "head2toe": Head2Toe()}
    held, _ = probed(tmp_path, 3.0, **both)
    read = held.trials[1]
    assert [(trial.strategy_name, trial.cost) for trial in held.trials] == [("linear_probe", 1.0), ("head2toe", 2.0)]
    assert read.contender.features.shape == (40, 6 + 8 + 8)
    own = np.asarray(held.trials[0].contender.features)
    np.testing.assert_allclose(read.contender.features[:, 14:], own, atol=0.02)  # each may run in its own precision
    assert len(read.contender.whole) == 0
    probe = held.trials[0].contender
    assert probe.whole == [read.contender], "read once, for all strategies that ask"
    with monkeypatch.context() as patch:
        patch.setattr(trials, "WIDE", 3000)
        patch.setattr(Encoder, "encode", lambda *arguments: pytest.fail("was encoded before it was refused"))
        fresh = replace(probe, whole=[])
        with pytest.raises(
            UserError, match=r"^features of all blocks of 40 items take 0\.0 GB, and at most 0\.0 are held$"
        ):
            fresh.read_by(Head2Toe(), toys.run(tmp_path))
    monkeypatch.setattr(toys.ToyBackbone, "layered", Backbone.layered)
    held, _ = probed(tmp_path, 3.0, **both)
    assert held.skipped[0].skipped == "toy:small can be read at its end only; choose a strategy that does."


def test_a_reader_of_features_that_does_not_suit_the_model_says_so(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(MultiView, "supports", lambda self, info, task: "texts have one view only.")
    held, _ = probed(tmp_path, 9.0, linear_probe=LinearProbe(), multi_view=MultiView(views=2))
    assert held.skipped[0].skipped == "texts have one view only."
