from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.errors import UserError
from headstart.engine import controls
from headstart.engine.loop import Diverged
from headstart.engine.operations import operations
from headstart.engine.plan import Speed
from headstart.engine.trials import try_features
from headstart.strategies.linear_probe import LinearProbe
from tests.engine import toys


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


def setting(tmp_path: Path, test: int, scratch_passes: float = 1.0) -> controls.Setting:
    run = toys.run(tmp_path)
    run = replace(run, plan=replace(run.plan, scratch_passes=scratch_passes))
    winner = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    items = toys.items_of([toys.picture(n % 2, 500 + n) for n in range(test)])
    return controls.Setting(run=run, winner=winner, member=run.options.pool[0], test=items)


def test_with_a_test_split_every_control_predicts_it(tmp_path: Path):
    found = controls.try_all(setting(tmp_path, 10))
    assert [control.name for control in found] == ["simple", "random_trunk", "scratch"]
    assert all(control.logits.shape == (10, 2) for control in found)
    assert found[0].fitted is not None
    assert all(control.seconds > 0 for control in found)


def test_without_one_they_are_cross_fitted_on_the_common_folds(tmp_path: Path):
    given = setting(tmp_path, 0)
    simple, trunk, scratch = controls.try_all(given)
    folds = given.run.data.folds
    assert np.array_equal(np.isnan(simple.logits[:, :, 0]), np.array([[False] * 40, [True] * 40]))
    assert not np.isnan(trunk.logits).any()
    assert np.array_equal(~np.isnan(scratch.logits[0, :, 0]), folds[0] == 0)


def test_scratch_gets_at_least_the_winners_compute(tmp_path: Path):
    given = setting(tmp_path, 6)
    assert controls.scratch(given).detail.endswith("from random weights, 1 epoch")
    dear = replace(given, winner=replace(given.winner, cost=10.0))
    assert controls.scratch(dear).detail.endswith("from random weights, 3 epochs")  # 4.5 passes an epoch


def test_scratch_gets_its_passes_whatever_size_won_and_however_time_is_counted(tmp_path: Path):
    given = setting(tmp_path, 6, scratch_passes=9.0)  # two epochs
    body = given.winner.contender.backbone
    larger = toys.ToyBackbone(toys.info(input={"size": 32}), seed=0, size=32)
    enlarged = replace(given.winner, contender=replace(given.winner.contender, backbone=larger))
    speed = Speed(seconds=1.0, operations=operations(body, given.run.data.items))
    timed = replace(given.run, plan=replace(given.run.plan, speed=speed))
    for run in (given.run, timed):
        for winner in (given.winner, enlarged):
            assert controls.scratch(replace(given, run=run, winner=winner)).detail.endswith("weights, 2 epochs")
    # Three passes at twice the size a side are twelve at the native one.
    dear = replace(given, winner=replace(enlarged, cost=3.0))
    assert controls.scratch(dear).detail.endswith("from random weights, 3 epochs")


def test_large_inputs_are_shrunk_and_cost_fewer_passes_an_epoch():
    assert controls._smaller(toys.member(input={"size": 256}), 128) == 128
    assert controls._smaller(toys.member(input={"size": 96}), 128) is None
    assert controls._smaller(toys.member(input={"tokens": 64}), 128) is None


def test_an_architecture_of_one_size_only_keeps_it(tmp_path: Path, monkeypatch):
    given = setting(tmp_path, 6)
    monkeypatch.setattr(controls, "SMALL", 8)
    given = replace(given, run=replace(given.run, plan=replace(given.run.plan, trunk_control_size=8)))
    assert "at 8 px" in controls.random_trunk(given).detail
    assert controls.scratch(given).detail.endswith("at 8 px, 1 epoch")
    dear = replace(given, winner=replace(given.winner, cost=10.0))
    assert controls.scratch(dear).detail.endswith("at 8 px, 9 epochs")  # each a quarter of an epoch at 16 px

    whole = toys.ToySource.load

    def fixed(self: toys.ToySource, info: BackboneInfo, *, size: int | None = None, **options: Any) -> Backbone:
        if size is not None:
            raise UserError(f"{info.name} only takes images of 16 pixels; leave the size out.")
        return whole(self, info, **options)

    monkeypatch.setattr(toys.ToySource, "load", fixed)
    assert " px" not in controls.random_trunk(given).detail
    assert controls.scratch(dear).detail.endswith("from random weights, 3 epochs")


def test_no_room_and_divergence_are_said(tmp_path: Path, monkeypatch):
    skipped = controls.scratch(setting(tmp_path, 6, scratch_passes=0.0))
    assert skipped.logits is None
    assert "takes longer than the whole budget; 'standard' runs it" in skipped.skipped

    def diverging(*arguments: object, **options: object) -> None:
        raise Diverged("Training diverged.")

    monkeypatch.setattr(controls, "train", diverging)
    assert controls.scratch(setting(tmp_path, 6)).skipped == "Training diverged."


def test_the_random_trunk_sees_what_the_winner_saw(tmp_path: Path):
    given = setting(tmp_path, 6)
    body = given.winner.contender.backbone
    assert " px" not in controls.random_trunk(given).detail
    larger = replace(given.winner.contender, backbone=toys.ToyBackbone(toys.info(input={"size": 32}), seed=0, size=32))
    enlarged = replace(given, winner=replace(given.winner, contender=larger))
    plan = replace(given.run.plan, trunk_control_size=None)
    assert "at 32 px" in controls.random_trunk(replace(enlarged, run=replace(given.run, plan=plan))).detail
    assert body.info.input == {"size": 16}


@pytest.mark.parametrize("settled", [None, 77])
def test_networks_without_weights_read_pictures_in_full_where_the_winner_does(
    tmp_path: Path, monkeypatch, settled: int | None
):
    monkeypatch.setattr(toys.ToyPreprocess, "least_side", 33)
    given = setting(tmp_path, 6)
    body = given.winner.contender.backbone
    body.preprocess = body.preprocess.asking_for(settled)
    whole, asked = given.run.data.items, []

    def read(position: int, least_side: int | None = None, /) -> Any:
        asked.append(least_side)
        return whole.read(position, least_side)

    seen = replace(whole, read=read)
    given = replace(given, run=replace(given.run, data=replace(given.run.data, items=seen)))
    for control in (controls.random_trunk, controls.scratch):
        asked.clear()
        control(given)
        assert set(asked) == {None if settled is None else 33}


def test_a_fold_of_the_scratch_control_has_a_checkpoint_of_its_own(tmp_path: Path, monkeypatch):
    pieces = []
    train = controls.train

    def recorded(*arguments, piece, **options):
        pieces.append(piece)
        return train(*arguments, piece=piece, **options)

    monkeypatch.setattr(controls, "train", recorded)
    controls.scratch(setting(tmp_path, 0))
    controls.scratch(setting(tmp_path, 6))
    assert [piece.rpartition(") ")[2] for piece in pieces] == ["fold 0", "test"]
