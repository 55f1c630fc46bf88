from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from headstart.core.errors import Unavailable
from headstart.core.progress import Silent
from headstart.engine.journal import Journal
from headstart.engine.options import PoolMember
from headstart.engine.plan import PRESETS
from headstart.engine.prepare import fetch, prepare, settle_plan
from headstart.engine.rank import rank
from tests.engine import toys
from tests.listening import Listener


def pool(**priors: float) -> list[PoolMember]:
    members = [toys.member(name=f"toy:{name}", prior=prior) for name, prior in priors.items()]
    for member in members:
        member.source.stored = False
    return members


def names(members: Sequence[PoolMember]) -> list[str]:
    return [member.info.name for member in members]


def test_only_what_will_be_measured_is_fetched(tmp_path: Path):
    members = pool(low=0.1, high=0.9, mid=0.5)
    fetched = fetch(toys.options(tmp_path, *members), 2, Silent())
    assert names(fetched.options.pool) == ["toy:high", "toy:mid"]
    assert [member.source.stored for member in members] == [False, True, True]
    ((left, reason),) = fetched.others
    assert left.info.name == "toy:low"
    assert reason == "the budget pays for measuring 2, and by published accuracy it is not the first"
    ((_, reason), _) = fetch(toys.options(tmp_path, *members), 1, Silent()).others
    assert reason == "the budget pays for measuring 1, and by published accuracy and compute it is not the first"


def test_what_cannot_be_had_makes_room_for_the_next(tmp_path: Path):
    members = pool(low=0.1, high=0.9, mid=0.5)
    members[1].source.offline = True
    fetched = fetch(toys.options(tmp_path, *members), 2, Silent())
    assert names(fetched.options.pool) == ["toy:mid", "toy:low"]
    assert [(m.info.name, reason) for m, reason in fetched.others] == [
        ("toy:high", "it is not in the store and could not be fetched")
    ]


def test_without_a_network_the_stored_models_are_enough(tmp_path: Path):
    members = pool(low=0.1, high=0.9, mid=0.5)
    for member in members:
        member.source.offline = True
    members[2].source.stored = True
    assert names(fetch(toys.options(tmp_path, *members), 3, Silent()).options.pool) == ["toy:mid"]
    members[2].source.stored = False
    with pytest.raises(Unavailable, match="toy:high cannot be fetched"):
        fetch(toys.options(tmp_path, *members), 3, Silent())


def test_what_is_only_known_of_fetched_weights_is_taken_up(tmp_path: Path):
    (member,) = pool(unlisted=0.5)
    unknown = replace(member, info=replace(member.info, dim=0, gflops=0.0, sha256=""))
    (fetched,) = fetch(toys.options(tmp_path, unknown), 1, Silent()).options.pool
    assert fetched.info == member.info


def test_seconds_are_turned_into_a_plan_by_one_model_and_it_fetches_as_many_as_it_measures(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)
    members = pool(**{f"m{n}": n / 10 for n in range(5)})
    options = toys.options(tmp_path / "home", *members, budget="10h")
    fetched, plan = prepare(options, toys.labelled().items, Journal(None, {}), Silent())
    assert plan.ranked == PRESETS["thorough"].ranked
    assert len(fetched.options.pool) == 5


def test_a_measured_plan_is_kept_for_the_resumed_run(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)
    options, items = toys.options(tmp_path / "home", budget="1h"), toys.labelled().items
    journal = Journal(tmp_path / "run", {})
    first = settle_plan(options, items, journal, Silent())
    monkeypatch.setattr("headstart.engine.prepare.make_plan", lambda *a: None)
    assert settle_plan(options, items, journal, Silent()) == first


def test_how_pictures_are_read_is_said_by_the_ranking_alone(tmp_path: Path, monkeypatch):
    listener = Listener()
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)
    for place in ("prepare", "rank"):
        monkeypatch.setattr(
            f"headstart.engine.{place}.settle_reading",
            lambda backbone, items, home, progress: progress.say(f"{backbone.info.name} reads in full"),
        )
    run = replace(toys.run(tmp_path, budget="1h"), progress=listener)
    settle_plan(run.options, run.data.items, run.journal, run.progress)
    rank(run)
    assert listener.said == ["toy:small reads in full"]


def test_presets_are_not_measured(tmp_path: Path):
    _, plan = prepare(toys.options(tmp_path), toys.labelled().items, Journal(None, {}), Silent())
    assert plan == PRESETS["quick"]


def test_a_budget_in_seconds_leaves_out_what_takes_too_long(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)
    members = [toys.member(name="toy:small"), toys.member(name="toy:huge", gflops=1e9, prior=0.9)]
    options = toys.options(tmp_path / "home", *members, budget="30s")
    fetched, plan = prepare(options, toys.labelled().items, Journal(None, {}), Silent())
    assert plan.speed is not None
    assert names(fetched.options.pool) == ["toy:small"]
    ((left, reason),) = fetched.others
    assert left.info.name == "toy:huge"
    assert "s, too long for the budget" in reason


def test_models_are_compared_by_what_is_counted_of_all_of_them_alike(tmp_path: Path, monkeypatch):
    """The first item may be longer or shorter than those that `BackboneInfo.gflops` is about."""
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)
    members = [toys.member(name="toy:one", gflops=1e6), toys.member(name="toy:equal", gflops=1e6, prior=0.9)]
    options = toys.options(tmp_path / "home", *members, budget="30s")
    fetched, plan = prepare(options, toys.labelled().items, Journal(None, {}), Silent(), most=2)
    assert plan.speed is not None
    assert plan.speed.gflops == 1e6
    assert sorted(names(fetched.options.pool)) == ["toy:equal", "toy:one"]
    nobody = [toys.member(name="toy:one", gflops=0.0), toys.member(name="toy:huge", gflops=1e9, prior=0.9)]
    options = toys.options(tmp_path / "home", *nobody, budget="30s")
    assert len(prepare(options, toys.labelled().items, Journal(None, {}), Silent(), most=2)[0].options.pool) == 2


def test_a_resumed_run_keeps_the_models_it_had(tmp_path: Path):
    members = pool(high=0.9, low=0.1)
    members[0].source.offline = True
    options, items = toys.options(tmp_path, *members), toys.labelled().items
    journal = Journal(tmp_path / "run", {})
    first, _ = prepare(options, items, journal, Silent())
    members[0].source.offline = False
    again, _ = prepare(options, items, journal, Silent())
    assert names(again.options.pool) == names(first.options.pool) == ["toy:low"]
    assert [(m.info.name, reason) for m, reason in again.others] == [
        ("toy:high", "it is not in the store and could not be fetched")
    ]
