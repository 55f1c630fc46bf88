"""Refitting and scoring on real trials; the whole line is in test_adapt.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.core.errors import HeadstartError, UserError
from headstart.engine import final
from headstart.engine.contest import Contest
from headstart.engine.estimates import Sample
from headstart.engine.final import choose_trial, refit, score, settle
from headstart.engine.intervals import cross_validated_interval
from headstart.engine.loop import Diverged
from headstart.engine.rank import Entrant, Ranked
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
    assert [row.standard_error is None for row in chosen.rows] == [row.difference is None for row in chosen.rows]


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
    with pytest.raises(HeadstartError, match="Strategy 'odd' implements neither FeatureStrategy nor InputStrategy"):
        refit(replace(trial, strategy=object(), strategy_name="odd"), run)


def test_a_choice_whose_refit_diverges_makes_room_for_the_next(tmp_path: Path, monkeypatch):
    run = toys.run(tmp_path)
    cheap = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    dear = replace(cheap, strategy_name="twin", cost=5.0)
    given = final.refit

    def diverging(trial, run):
        if trial is cheap:
            raise Diverged("Training diverged in epoch 2.")
        return given(trial, run)

    monkeypatch.setattr(final, "refit", diverging)
    settled = settle(Contest(trials=(cheap, dear), skipped=()), run)
    assert settled.chosen.trial is dear
    (row,) = settled.contest.skipped
    assert (row.strategy, row.skipped) == ("linear_probe", "on all training items: Training diverged in epoch 2.")
    with pytest.raises(UserError, match="Strategy 'linear_probe' could not be tried on toy:small: on all training"):
        settle(Contest(trials=(cheap,), skipped=()), run)


def test_without_a_test_split_the_luck_of_every_probe_tried_comes_off(tmp_path: Path):
    data = toys.dataset(tmp_path / "d", test=0)
    run = toys.run(tmp_path)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    noise = np.random.default_rng(0)
    losers = [replace(trial, logits=noise.normal(size=trial.logits.shape)) for _ in range(20)]
    best = max(losers, key=lambda loser: np.nanmean(loser.credit(run.data)))
    settled = settle(Contest(trials=(best,), skipped=()), run)
    nothing = toys.items_of([])
    entrant = Entrant(probe=best, native=best.contender)
    others = tuple(loser.credit(run.data) for loser in losers if loser is not best)
    alone = score(settled, Ranked(rows=(), taken=(entrant,), passed_over=()), run, data, nothing)
    among = score(settled, Ranked(rows=(), taken=(entrant,), passed_over=others), run, data, nothing)
    plain = cross_validated_interval(
        best.credit(run.data), run.data.folds, Sample.of(run.data.task, run.data.targets, run.data.groups)
    )
    assert alone.optimism == 0.0
    assert among.optimism > 0.02
    assert among.scores["balanced_accuracy"].value == pytest.approx(plain.value - among.optimism)


def test_without_a_test_split_all_metrics_are_over_all_repeats(tmp_path: Path):
    """With as many items of each class, accuracy and balanced accuracy are the same number."""
    data = toys.dataset(tmp_path / "d", test=0)
    run = toys.run(tmp_path)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    logits = trial.logits + np.random.default_rng(0).normal(scale=12.0, size=trial.logits.shape)
    noisy = replace(trial, logits=logits)
    assert len({float(np.mean(credit)) for credit in noisy.credit(run.data)}) == len(logits)  # the repeats differ
    settled = settle(Contest(trials=(noisy,), skipped=()), run)
    ranked = Ranked(rows=(), taken=(Entrant(probe=noisy, native=noisy.contender),), passed_over=())
    scores = score(settled, ranked, run, data, toys.items_of([])).scores
    assert scores["accuracy"].value == pytest.approx(scores["balanced_accuracy"].value)
