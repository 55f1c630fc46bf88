from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.strategy import FeatureStrategy
from headstart.engine import trials
from headstart.engine.journal import Journal
from headstart.heads.soften import softened
from headstart.heads.weights import balanced_weights
from headstart.strategies.distil import Distil
from headstart.strategies.last_blocks import LastBlocks
from headstart.strategies.linear_probe import LinearProbe
from headstart.strategies.multi_view import MultiView
from headstart.strategies.scratch import Scratch
from tests.engine import toys


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


def test_every_item_is_predicted_by_heads_that_have_not_seen_it(tmp_path: Path, monkeypatch):
    run, strategy, seen = toys.run(tmp_path), LinearProbe(head="logistic"), []
    contender, fit = toys.contender(run), LinearProbe.fit

    def recorded(self: LinearProbe, features: np.ndarray, *arguments: object) -> object:
        seen.append(len(features))
        return fit(self, features, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(LinearProbe, "fit", recorded)
    trial = trials.try_features(contender, "linear_probe", strategy, run)
    assert trial.logits.shape == (2, 40, 2)
    assert not np.isnan(trial.logits).any()
    assert seen == [30] * 8
    held = run.data.folds[1] == 2
    known = run.data.targets[~held]
    head = strategy.fit(contender.features[~held], known, 2, balanced_weights(known, 2).tolist())
    assert np.allclose(trial.logits[1, held], head.logits(contender.features[held]))


def test_trained_strategies_run_as_many_folds_as_they_may(tmp_path: Path):
    run = toys.run(tmp_path)
    trial = trials.try_inputs(toys.contender(run), "last_blocks", LastBlocks().lasting(1), run, fold_limit=2, cost=3.0)
    scored = ~np.isnan(trial.logits[:, :, 0])
    assert np.array_equal(scored[0], run.data.folds[0] < 2)
    assert not scored[1].any()
    credit = trial.credit(run.data)
    assert np.array_equal(np.isnan(credit), ~scored)
    assert set(np.unique(credit[scored])) <= {0.0, 1.0}


def test_the_state_of_a_finished_fit_is_not_kept(tmp_path: Path):
    run = toys.run(tmp_path)
    journal = Journal(tmp_path / "run", {})
    run = replace(run, journal=journal)
    trials.try_inputs(toys.contender(run), "last_blocks", LastBlocks().lasting(2), run, fold_limit=2, cost=3.0)
    kept = [path.name for path in (tmp_path / "run").iterdir()]
    assert sum(name.startswith("trial") for name in kept) == 2
    assert not any(name.startswith("checkpoint") for name in kept)


def test_head_and_body_start_where_the_strategy_says(tmp_path: Path):
    run = toys.run(tmp_path)
    contender, rows = toys.contender(run), np.arange(40)
    probe = trials.starting_head(contender, LastBlocks().prepare(contender.backbone), run, rows)
    zeros = trials.starting_head(contender, Scratch().prepare(contender.backbone), run, rows)
    assert np.abs(probe.weight).max() > 0
    assert not zeros.weight.any()


def test_a_body_starts_pretrained_or_from_nothing(tmp_path: Path, monkeypatch):
    run = toys.run(tmp_path)
    contender, started = toys.contender(run), list[Backbone]()
    monkeypatch.setattr(trials, "averaged", lambda strategy, body, *rest, **options: started.append(body))
    for strategy in (LastBlocks(), Scratch()):
        trials.train(contender, strategy, run, np.arange(40), piece="p", stage="s")
    assert started[0] is contender.backbone
    first = [body.module.state_dict()["0.0.weight"] for body in started]
    assert not torch.equal(*first)


def scheduled(**changes: Any) -> LastBlocks:
    return replace(LastBlocks(), schedule=replace(LastBlocks().schedule, **changes))


def test_items_are_held_out_before_the_head_is_fitted(tmp_path: Path, monkeypatch):
    run, given, rows = toys.run(tmp_path), list[Any](), np.arange(3, 38)
    contender = toys.contender(run)
    monkeypatch.setattr(
        trials, "averaged", lambda strategy, body, head, examples, *rest, **how: given.append((head, examples))
    )
    trials.train(contender, scheduled(patience=2), run, rows, piece="p", stage="s")
    trials.train(contender, scheduled(), run, rows, piece="p", stage="s")
    (head, examples), (_, everything) = given
    assert sorted([*examples.rows, *examples.held_rows]) == rows.tolist()
    assert len(examples.held_rows) == 7
    assert np.array_equal(examples.held_targets, run.data.targets[examples.held_rows])
    fitted = trials.fit_head(run.options.probe, contender.features, run.data, examples.rows)
    expected = softened(fitted, contender.features[examples.rows], examples.targets)
    assert np.abs(expected.weight).max() < np.abs(fitted.weight).max()  # 28 items are soon known by heart
    assert np.array_equal(head.weight, expected.weight)
    assert everything.rows.tolist() == rows.tolist()
    assert len(everything.held_rows) == 0


def test_a_head_is_softened_on_a_part_of_many_items_in_whatever_order_they_come(tmp_path: Path, monkeypatch):
    """Every other item is of the same class: an even choice among them would be of one."""
    monkeypatch.setattr(trials, "SOFTENED", 20)
    asked = list[Any]()
    monkeypatch.setattr(trials, "softened", lambda head, features, targets: asked.append(targets) or head)
    run = toys.run(tmp_path)
    rows = np.argsort(np.argsort(run.data.targets, kind="stable") % 20, kind="stable")
    for chosen in (rows, rows[:15]):
        trials.train(toys.contender(run), scheduled(), run, chosen, piece=f"p{len(chosen)}", stage="s")
    part, whole = asked
    assert len(part) == 20
    assert np.bincount(part).min() >= 5
    assert whole.tolist() == run.data.targets[rows[:15]].tolist()


def test_a_teacher_has_not_seen_the_labels_it_speaks_of(tmp_path: Path, monkeypatch):
    run, rows, given = toys.run(tmp_path), np.arange(2, 40), list[Any]()
    contender = replace(toys.contender(run), teacher=toys.contender(run))
    monkeypatch.setattr(trials, "averaged", lambda strategy, body, head, examples, *rest, **how: given.append(examples))
    trials.train(contender, Distil(), run, rows, piece="p", stage="s")
    trials.train(contender, LastBlocks(), run, rows, piece="p", stage="s")
    (examples, other) = given
    assert other.taught is None
    assert examples.taught.shape == (38, 2)
    targets = run.data.targets.copy()
    targets[rows[4]] = 1 - targets[rows[4]]
    changed = replace(run, data=replace(run.data, targets=targets))
    # Folds follow the classes: what may not depend on the item's own label is looked at with the folds kept.
    folds = trials.grouped_folds(run.data.targets[rows], run.data.groups[rows], trials.LESSONS, run.options.seed)
    monkeypatch.setattr(trials, "grouped_folds", lambda *_: folds)
    again = trials.taught(contender.teacher, changed, rows)
    alike = folds == folds[4]
    assert np.allclose(again[alike], examples.taught[alike])
    assert not np.allclose(again[~alike], examples.taught[~alike])


def test_where_classes_are_drawn_alike_the_loss_is_not_adjusted_too(tmp_path: Path, monkeypatch):
    run, given, rows = toys.run(tmp_path), list[Any](), np.flatnonzero(toys.labelled().targets == 0)[:5]
    rows = np.concatenate([rows, np.flatnonzero(toys.labelled().targets == 1)])
    monkeypatch.setattr(trials, "averaged", lambda strategy, body, head, examples, *rest, **how: given.append(examples))
    for balanced in (True, False):
        trials.train(toys.contender(run), scheduled(balanced=balanced), run, rows, piece="p", stage="s")
    assert given[0].class_weights == [1.0, 1.0]
    assert given[1].class_weights[0] > 1 > given[1].class_weights[1]


def test_strong_views_are_read_apart_from_mild_ones(tmp_path: Path):
    run = toys.run(tmp_path)
    contender = toys.contender(run)
    mild, strong, none = (contender.read_for(scheduled(augment=each), run) for each in ("mild", "strong", "none"))
    assert len({id(mild), id(strong), id(none)}) == 3
    assert (mild.views.count, strong.views.count, none.views.count) == (6, 6, 0)


def test_fits_from_one_boundary_share_what_they_read_and_texts_are_made_ready_once(tmp_path: Path):
    run = toys.run(tmp_path)
    contender = toys.contender(run)
    short, long = (contender.read_for(LastBlocks().lasting(epochs), run) for epochs in (2, 20))
    assert (short.views.count, long.views.count) == (2, 8)
    assert contender.read_for(LastBlocks().lasting(30), run) is long
    assert contender.read_for(Scratch(), run) is not long
    assert run.ready(contender.backbone) is run.ready(toys.contender(run).backbone)


def test_views_are_more_rows_that_are_tied_to_their_items(tmp_path: Path, monkeypatch):
    run, strategy, given = toys.run(tmp_path), MultiView(views=2), []
    contender, fit = toys.contender(run), MultiView.fit

    def recorded(self: MultiView, features: np.ndarray, targets: np.ndarray, *rest: Any) -> LinearHead:
        given.append((len(features), len(targets), rest[2]))
        return fit(self, features, targets, *rest)

    monkeypatch.setattr(MultiView, "fit", recorded)
    monkeypatch.setattr(MultiView, "cross_fit", FeatureStrategy.cross_fit)
    rows, copies = contender.rows_for(strategy, run)
    assert (rows.shape, copies) == ((120, 8), 3)
    assert np.array_equal(rows[:40], contender.features)
    assert not np.allclose(rows[40:80], rows[:40])
    assert not np.allclose(rows[80:], rows[40:80])
    trial = trials.try_features(contender, "multi_view", strategy, run)
    assert trial.logits.shape == (2, 40, 2)
    assert trial.cost == 3.0
    assert [(rows, targets) for rows, targets, _ in given] == [(90, 90)] * 8
    assert all(np.array_equal(groups, np.tile(groups[:30], 3)) for *_, groups in given)
    held, rest = (np.flatnonzero((run.data.folds[0] == 1) == side) for side in (True, False))
    taken, targets = np.concatenate([rest, rest + 40, rest + 80]), np.tile(run.data.targets[rest], 3)
    weights = balanced_weights(targets, 2).tolist()
    head = fit(strategy, rows[taken], targets, 2, weights, np.tile(run.data.groups[rest], 3))
    assert np.allclose(trial.logits[0, held], head.logits(contender.features[held]))
    whole = trials.fit_all(strategy, contender, run)
    assert given[-1][:2] == (120, 120)
    assert np.isfinite(whole.weight).all()


def test_views_are_encoded_once_and_found_again(tmp_path: Path):
    run = toys.run(tmp_path)
    contender = toys.contender(run)
    rows, _ = contender.rows_for(MultiView(views=1), run)
    again = toys.contender(run)
    read = again.backbone.preprocess.read
    assert np.array_equal(again.rows_for(MultiView(views=1), run)[0], rows)
    assert again.backbone.preprocess.read - read <= 40  # the one batch that is timed
    assert again.rows_for(LinearProbe(), run)[0] is again.features
