from __future__ import annotations

import re
from pathlib import Path

import pytest

from headstart import api
from headstart.asked import check_names, options_of
from headstart.core.dataset import Dataset
from headstart.core.errors import UserError
from headstart.core.recipe import Recipe
from headstart.core.training import steps_per_epoch
from headstart.domains.adabn import AdaBn
from headstart.domains.mcc import Mcc
from headstart.domains.shot_im import ShotIM
from headstart.engine.options import PoolMember
from headstart.ways import strategy_for


def test_ways_across_are_candidates_or_the_one_that_is_named(data: Dataset, tiny: PoolMember, tmp_path: Path):
    target = api.load_unlabelled(tmp_path / "photos" / "test")
    auto = options_of(data, Recipe(method="auto", strategy="linear_probe"), target).destination
    named = options_of(data, Recipe(method="coral", strategy="linear_probe"), target).destination
    assert auto is not None
    assert named is not None
    assert set(auto.methods) == {"entropic_ot", "jdot", "shot_im"}
    assert auto.alone == AdaBn()
    assert named.alone is None
    assert (auto.asked, named.asked, list(named.methods)) == (None, "coral", ["coral"])
    assert options_of(data, Recipe()).destination is None


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Recipe(method="corall", strategy="linear_probe"), "Unknown domain method 'corall'. Did you mean 'coral'"),
        (Recipe(target="there"), "has a target ('there') and no method"),
        (
            Recipe(method="auto", strategy="full"),
            "Method 'auto' and strategy 'full' do not go together: this method starts from the probe's head. Leave",
        ),
        (
            Recipe(method="dann", strategy="linear_probe"),
            "Method 'dann' and strategy 'linear_probe' do not go together: the method trains a pretrained body",
        ),
        (Recipe(method="dann", strategy="auto"), "the method trains a pretrained body, and the strategy does not"),
        (Recipe(method="dann", strategy="scratch"), "the method trains a pretrained body, and the strategy does not"),
        (
            Recipe(method="dann", strategy="l2_sp"),
            "the strategy adds to the loss, blends, averages or holds items out, and what is added here is the method",
        ),
        (
            Recipe(method="dann", strategy="lp_ft", settings={"weigt": 2.0}),
            "Strategy 'lp_ft' has no setting 'weigt'.",
        ),
        (
            Recipe(method="coral", strategy="linear_probe", settings={"weight": 2.0}),
            "Method 'coral' has no setting 'weight'. It has none.",
        ),
        (
            Recipe(method="mcc", strategy="lp_ft", settings={"temperature": 0.0}),
            "Setting temperature of 'mcc' is 0.0; expected a number from 0.1 to 100.",
        ),
        (
            Recipe(method="auto", strategy="linear_probe", settings={"anchor": 1.0}),
            "Settings (anchor) belong to one method, and the method is 'auto'",
        ),
        (Recipe(method="dann", strategy="soup"), "the strategy adds to the loss, blends, averages or holds items out"),
        (
            Recipe(method="dann", strategy="lp_ft", settings={"mixup": 0.2}),
            "the strategy adds to the loss, blends, averages or holds items out",
        ),
    ],
)
def test_what_cannot_be_carried_over_is_refused(recipe: Recipe, said: str):
    with pytest.raises(UserError, match=re.escape(said)):
        check_names(recipe)


def test_methods_that_train_the_body_come_with_a_strategy(data: Dataset, tiny: PoolMember, tmp_path: Path):
    assert [strategy_for(method) for method in ("auto", "coral", "dann", "nonsense")] == [
        "linear_probe",
        "linear_probe",
        "last_blocks",
        "linear_probe",
    ]
    target = api.load_unlabelled(tmp_path / "photos" / "test")
    options = options_of(data, Recipe(method="dann", strategy="lp_ft"), target)
    assert list(options.strategies) == ["linear_probe"]  # the model is found as for any way across
    assert options.destination is not None
    training = options.destination.training
    assert training is not None
    assert (training.name, training.strategy_name, options.destination.methods) == ("dann", "lp_ft", {})
    steps = training.strategy.schedule.epochs * steps_per_epoch(24, training.strategy.schedule.batch_size)
    assert steps >= training.strategy.schedule.least_steps


def test_settings_are_the_methods_or_else_the_strategys(data: Dataset, tiny: PoolMember, tmp_path: Path):
    target = api.load_unlabelled(tmp_path / "photos" / "test")
    given = {"epochs": 200, "weight": 2.0, "rate_scale": 0.5}
    found = options_of(data, Recipe(method="mcc", strategy="lp_ft", settings=given), target).destination
    assert found is not None
    assert found.training is not None
    assert found.training.method == Mcc(epochs=200, weight=2.0)
    assert (found.training.strategy.schedule.epochs, found.training.strategy.schedule.rate_scale) == (200, 0.5)
    shallow = options_of(data, Recipe(method="shot_im", strategy="linear_probe", settings={"anchor": 3.0}), target)
    assert shallow.destination is not None
    assert shallow.destination.methods == {"shot_im": ShotIM(anchor=3.0)}


def test_epochs_that_are_given_are_kept(data: Dataset, tiny: PoolMember, tmp_path: Path):
    """However few steps they make."""
    target = api.load_unlabelled(tmp_path / "photos" / "test")
    found = options_of(data, Recipe(method="mcc", strategy="lp_ft", settings={"epochs": 1}), target).destination
    assert found is not None
    assert found.training is not None
    assert found.training.strategy.schedule.epochs == 1
