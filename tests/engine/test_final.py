"""Refitting and scoring on real trials; the whole line is in test_adapt.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.core.errors import HeadstartError
from headstart.engine.contest import Contest
from headstart.engine.final import choose_trial, refit
from headstart.engine.trials import fit_head, try_features
from headstart.strategies.linear_probe import LinearProbe
from tests.engine import toys


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


def test_of_equals_the_cheapest_is_chosen_and_every_trial_has_a_row(tmp_path: Path):
    run = toys.run(tmp_path)
    cheap = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    dear = replace(cheap, strategy_name="twin", cost=5.0)
    chosen = choose_trial(Contest(trials=(dear, cheap), skipped=()), run.data)
    assert chosen.trial is cheap
    assert [(row.strategy, row.chosen) for row in chosen.rows] == [("twin", False), ("linear_probe", True)]


def test_the_refit_uses_every_item_and_folds_the_temperature_in(tmp_path: Path):
    run = toys.run(tmp_path)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    model = refit(trial, run)
    head = fit_head(LinearProbe(), trial.contender.features, run.data)
    assert model.frozen
    assert model.temperature > 0
    assert np.allclose(model.head.weight * model.temperature, head.weight)


def test_a_strategy_of_neither_kind_is_refused(tmp_path: Path):
    run = toys.run(tmp_path)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    with pytest.raises(HeadstartError, match="Strategy 'odd' implements neither contract"):
        refit(replace(trial, strategy=object(), strategy_name="odd"), run)
