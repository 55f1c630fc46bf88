from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.core.errors import UserError
from headstart.core.score import TransferScore
from headstart.engine.rank import prior_order, rank
from tests.engine import toys


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


class Picky(TransferScore):
    def score(self, features: np.ndarray, targets: np.ndarray) -> float:
        raise UserError("Too few items for this measure.")


def test_measured_rows_have_numbers_and_the_rest_say_why_not(tmp_path: Path):
    run = toys.run(tmp_path, toys.member(), toys.member(name="toy:later"))
    ranked = rank(replace(run, options=replace(run.options, scores={"picky": Picky()})))
    first, second = ranked.rows
    assert (first.model, first.taken, first.skipped) == ("toy:small", True, None)
    assert first.probe.low < first.probe.value <= first.probe.high
    assert first.scores == {"picky": None}
    assert (second.probe, second.taken) == (None, False)
    assert "the budget pays for measuring 1" in second.skipped
    assert [trial.contender.name for trial in ranked.taken] == ["toy:small"]


def test_larger_inputs_are_kept_only_if_they_score_better(tmp_path: Path, monkeypatch):
    run = toys.run(tmp_path, plan=replace(toys.run(tmp_path).plan, enlarged=True))
    sizes = []
    load = toys.ToySource.load

    def recorded(self, info, **options):
        sizes.append(options.get("size"))
        return load(self, info, **options)

    monkeypatch.setattr(toys.ToySource, "load", recorded)
    taken = rank(run).taken[0]
    assert sizes == [None, 32]  # 1.3 times 16, on the grid of 32 pixels
    assert taken.contender.backbone.preprocess.size in (16, 32)


def test_the_prior_decides_and_compute_counts_where_it_is_short():
    small, large = toys.member(name="toy:s", prior=0.75, gflops=1.0), toys.member(name="toy:l", prior=0.77, gflops=4.0)
    assert [m.info.name for m in prior_order([small, large], careful=False)] == ["toy:l", "toy:s"]
    assert [m.info.name for m in prior_order([small, large], careful=True)] == ["toy:s", "toy:l"]
