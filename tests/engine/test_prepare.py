from __future__ import annotations

from pathlib import Path

import torch

from headstart.core.progress import Silent
from headstart.engine.journal import Journal
from headstart.engine.plan import PRESETS
from headstart.engine.prepare import fetch, most_ranked, settle_plan
from tests.engine import toys


def test_only_what_will_be_measured_is_fetched(tmp_path: Path):
    members = [toys.member(name=f"toy:{n}", prior=p) for n, p in (("low", 0.1), ("high", 0.9), ("mid", 0.5))]
    for member in members:
        member.source.stored = False
    ordered = fetch(toys.options(tmp_path, *members), 2, Silent())
    assert [member.info.name for member in ordered] == ["toy:high", "toy:mid", "toy:low"]
    assert [member.source.stored for member in members] == [False, True, True]


def test_a_measured_plan_is_kept_for_the_resumed_run(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)
    options, items = toys.options(tmp_path / "home", budget="1h"), toys.labelled().items
    journal = Journal(tmp_path / "run", {})
    first = settle_plan(options, items, journal, Silent())
    monkeypatch.setattr("headstart.engine.prepare.make_plan", lambda *a: None)
    assert settle_plan(options, items, journal, Silent()) == first
    assert most_ranked(options) == PRESETS["standard"].ranked


def test_presets_are_not_measured(tmp_path: Path):
    assert settle_plan(toys.options(tmp_path), toys.labelled().items, Journal(None, {}), Silent()) == PRESETS["quick"]
