"""What is kept of a domain beside the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.engine import reference as module
from headstart.engine.final import Scored
from headstart.engine.items import items_of
from headstart.engine.reference import kept
from tests.engine import toys
from tests.engine.test_crossing import settled


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


def scored(data, on="test") -> Scored:
    rows, random = data.split.test, np.random.default_rng(0)
    probabilities = random.dirichlet([1.0, 1.0], size=len(rows))
    return Scored(
        on=on, items=items_of(data, rows), ids=[], targets=data.targets[rows], groups=data.clusters[rows],
        ties=data.groups[rows], domains=None, features=random.normal(size=(len(rows), 8)).astype(np.float32),
        probabilities=probabilities, scores={},
    )  # fmt: skip


def test_a_frozen_body_keeps_training_items_as_others_predict_them(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    found = kept(before, scored(data), run, carried=False)
    assert found is not None
    assert found.targets is not None
    assert found.of == "training items"
    trial = before.chosen.trial
    features = np.asarray(trial.contender.features)
    order = [int(np.flatnonzero((features == row).all(axis=1))[0]) for row in found.features]
    assert sorted(order) == list(range(len(features)))  # all of them, for none are tied
    assert order != sorted(order)
    np.testing.assert_array_equal(found.targets, run.data.targets[order])
    np.testing.assert_array_equal(found.predicted, trial.logits[0][order].argmax(axis=1))
    assert len(found.looks) == len(order)
    assert found.looks[0]["brightness"] > 0


def test_of_items_that_are_tied_one_is_kept_and_no_more_than_there_is_room_for(tmp_path: Path, monkeypatch):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    ties = np.arange(len(run.data.items)) // 2
    found = kept(before, None, replace(run, data=replace(run.data, ties=ties)), carried=False)
    assert found is not None
    assert len(found.features) == len(np.unique(ties))
    width = found.features.shape[1]
    monkeypatch.setattr(module, "ROOM", 4 * width * 12 + 1)
    found = kept(before, None, run, carried=False)
    assert found is not None
    assert len(found.features) == 12
    monkeypatch.setattr(module, "ROOM", 4 * width * 9)
    assert kept(before, None, run, carried=False) is None


def test_items_that_no_fold_has_predicted_are_left_out(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    logits = before.chosen.trial.logits.copy()
    logits[0, :15] = np.nan
    trial = replace(before.chosen.trial, logits=logits)
    found = kept(replace(before, chosen=replace(before.chosen, trial=trial)), None, run, carried=False)
    assert found is not None
    assert len(found.features) == len(run.data.items) - 15


@pytest.mark.parametrize("why", ["trained", "carried"])
def test_others_keep_the_test_items_they_were_scored_on(why: str, tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    carried = why == "carried"
    model = before if carried else replace(before, model=replace(before.model, frozen=False))
    seen = scored(data)
    found = kept(model, seen, run, carried=carried)
    assert found is not None
    assert (found.of, found.targets) == ("test items", None)
    order = [int(np.flatnonzero((seen.features == row).all(axis=1))[0]) for row in found.features]
    assert sorted(order) == list(range(len(seen.targets)))
    np.testing.assert_array_equal(found.predicted, seen.probabilities[order].argmax(axis=1))
    assert kept(model, None, run, carried=carried) is None
    assert kept(model, replace(seen, on="cross-validation"), run, carried=carried) is None
    assert kept(model, replace(seen, ties=np.zeros(len(seen.targets), dtype=int)), run, carried=carried) is None
