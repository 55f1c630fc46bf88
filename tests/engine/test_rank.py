from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.core.errors import UserError
from headstart.core.score import TransferScore
from headstart.data._reduce import Header
from headstart.engine.rank import Ranked, clearly_worse, larger_size, look_at, prior_order, rank
from headstart.engine.trials import try_features
from headstart.scores.knn import NearestNeighbours
from headstart.scores.ridge_loo import RidgeLeaveOneOut
from headstart.strategies.linear_probe import LinearProbe
from tests.engine import toys


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


class Picky(TransferScore):
    def score(self, features: np.ndarray, targets: np.ndarray) -> float:
        raise UserError("Too few items for this measure.")


def test_measured_rows_have_numbers_and_the_rest_say_why_not(tmp_path: Path):
    run = toys.run(tmp_path)
    later = (toys.member(name="toy:later"), "it comes later")
    ranked = rank(replace(run, options=replace(run.options, scores={"picky": Picky()})), [later])
    first, second = ranked.rows
    assert (first.model, first.taken, first.skipped) == ("toy:small", True, None)
    assert first.probe.low < first.probe.value <= first.probe.high
    assert first.scores == {"picky": None}
    assert (second.probe, second.taken) == (None, False)
    assert second.skipped == "it comes later"
    assert [entrant.probe.contender.name for entrant in ranked.taken] == ["toy:small"]


def enlarging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, worse: bool) -> tuple[list[int | None], Ranked]:
    """Sizes loaded by a ranking that enlarges, and what it found, when the data speak against it or not."""
    run = toys.run(tmp_path, plan=replace(toys.run(tmp_path).plan, enlarged=True))
    sizes = []
    load = toys.ToySource.load

    def recorded(self, info, **options):
        sizes.append(options.get("size"))
        return load(self, info, **options)

    monkeypatch.setattr(toys.ToySource, "load", recorded)
    monkeypatch.setattr("headstart.engine.rank.clearly_worse", lambda *trials: worse)
    return sizes, rank(run)


def test_larger_inputs_are_kept_unless_the_data_speak_against_them(tmp_path: Path, monkeypatch):
    sizes, ranked = enlarging(tmp_path, monkeypatch, worse=False)
    entrant = ranked.taken[0]
    assert sizes == [None, 32]  # 1.3 times 16, on the grid of 32 pixels
    assert entrant.probe.contender.backbone.preprocess.size == 32
    assert ranked.rows[0].input == {"size": 32}
    assert entrant.native.backbone.preprocess.size == 16  # where trained strategies start
    assert len(ranked.passed_over) == 1  # the probe at 16 pixels


def test_inputs_that_are_clearly_worse_larger_stay_small(tmp_path: Path, monkeypatch):
    _, ranked = enlarging(tmp_path, monkeypatch, worse=True)
    assert ranked.taken[0].probe.contender is ranked.taken[0].native
    assert ranked.rows[0].input == {"size": 16}


def test_an_architecture_that_takes_no_larger_input_keeps_its_own(tmp_path: Path, monkeypatch):
    run = toys.run(tmp_path, plan=replace(toys.run(tmp_path).plan, enlarged=True))
    load = toys.ToySource.load

    def fixed(self, info, *, size=None, **options):
        if size is not None:
            raise UserError(f"{info.name} only takes images of 16 pixels.")
        return load(self, info, **options)

    monkeypatch.setattr(toys.ToySource, "load", fixed)
    assert rank(run).rows[0].input == {"size": 16}


def test_compute_that_is_not_known_costs_nothing():
    unknown, known = toys.member(name="toy:u", gflops=0.0), toys.member(name="toy:k", prior=0.6)
    assert [m.info.name for m in prior_order([unknown, known], careful=False)] == ["toy:k", "toy:u"]


def test_clearly_worse_is_by_more_than_a_standard_error(tmp_path: Path):
    run = toys.run(tmp_path)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    right = replace(trial, logits=np.tile(10.0 * np.eye(2)[run.data.targets], (2, 1, 1)))
    wrong = right.logits.copy()
    wrong[:, :2] *= -1
    almost = replace(right, logits=wrong)
    wrong = right.logits.copy()
    wrong[:, :12] *= -1
    assert not clearly_worse(right, almost, run.data)
    assert not clearly_worse(almost, right, run.data)
    assert clearly_worse(replace(right, logits=wrong), right, run.data)


@pytest.mark.parametrize(("side", "expected"), [(64, 288), (300, 384), (4000, 384), (250, 320)])
def test_the_larger_size_is_what_the_pictures_fill_within_bounds(side: int, expected: int):
    assert larger_size(toys.info(input={"size": 224}), lambda _: Header((side, side + 40), jpeg=True), 5) == expected


def test_the_prior_decides_and_compute_counts_where_it_is_short():
    small, large = toys.member(name="toy:s", prior=0.75, gflops=1.0), toys.member(name="toy:l", prior=0.77, gflops=4.0)
    assert [m.info.name for m in prior_order([small, large], careful=False)] == ["toy:l", "toy:s"]
    assert [m.info.name for m in prior_order([small, large], careful=True)] == ["toy:s", "toy:l"]


def test_a_body_without_weights_reads_its_items_like_the_pretrained_one(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(
        "headstart.engine.rank.settle_reading",
        lambda backbone, *_: setattr(backbone, "preprocess", backbone.preprocess.asking_for(77)),
    )
    (entrant,) = rank(toys.run(tmp_path)).taken
    assert entrant.native.backbone.preprocess.least_side == 77
    assert entrant.native.untrained().preprocess is entrant.native.backbone.preprocess


def test_copies_do_not_answer_for_each_other_in_scores(tmp_path: Path):
    """Every item twice, its label drawn at random: nothing can be told from such features."""
    random = np.random.default_rng(0)
    features = np.repeat(random.normal(size=(60, 5)), 2, axis=0) + 1e-6 * random.normal(size=(120, 5))
    pairs = np.repeat(range(60), 2)
    targets = np.repeat(random.permutation(60) % 2, 2)
    data = replace(toys.labelled(120), targets=targets, groups=pairs, ties=pairs)
    found = look_at(features, {"knn": NearestNeighbours(k=1), "ridge": RidgeLeaveOneOut()}, data).scores
    assert found["knn"] == pytest.approx(0.5, abs=0.2)
    apart = replace(data, groups=np.arange(120), ties=np.arange(120))
    assert look_at(features, {"knn": NearestNeighbours(k=1)}, apart).scores["knn"] == pytest.approx(1.0)


def test_neighbours_and_scores_look_at_some_of_many_items(tmp_path: Path, monkeypatch):
    class Counting(TransferScore):
        def score(self, features: np.ndarray, targets: np.ndarray) -> float:
            assert isinstance(features, np.ndarray)
            return float(len(features) + len(targets))

    data = toys.run(tmp_path).data
    features = np.random.default_rng(0).normal(size=(len(data.items), 3)).astype(np.float32)
    whole = look_at(features, {"counting": Counting()}, data)
    assert whole.scores == {"counting": 2.0 * len(data.items)}
    monkeypatch.setattr("headstart.engine.rank.SHOWN", 10)
    some = look_at(features, {"counting": Counting()}, data)
    assert some.scores["counting"] == pytest.approx(20, abs=2)
    assert f"of {len(data.items)} items" in some.knn.method
    assert some.knn.high - some.knn.low > whole.knn.high - whole.knn.low
