from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from headstart.core.dataset import Issue
from headstart.engine import evidence
from headstart.engine.final import Chosen
from headstart.engine.folds import repeated_folds
from headstart.engine.trials import try_features
from headstart.strategies.last_blocks import LastBlocks
from headstart.strategies.linear_probe import LinearProbe
from tests.engine import toys
from tests.engine.test_proof import scored


def test_confusion_counts_rows_by_truth():
    transfer, _ = scored(0.8)
    table = np.array(evidence.confusion(transfer, 2))
    assert table.sum() == 400
    assert np.array_equal(table.sum(axis=1), [200, 200])
    assert np.trace(table) == np.sum(transfer.probabilities.argmax(1) == transfer.targets)


def test_the_worst_mistakes_are_wrong_confident_and_few():
    transfer, _ = scored(0.5)
    found = evidence.worst_mistakes(transfer, ("a", "b"), lambda item: {"text": "seen", "thumbnail": None})
    assert len(found) == evidence.WORST
    assert all(mistake.truth != mistake.predicted and mistake.text == "seen" for mistake in found)
    assert [m.confidence for m in found] == sorted((m.confidence for m in found), reverse=True)


def test_options_of_a_strategy_are_flat_plain_values():
    options = evidence.strategy_options(LastBlocks())
    assert options["blocks"] == 1
    assert options["epochs"] == LastBlocks().schedule.epochs
    assert all(isinstance(value, (int, float, str, bool)) for value in options.values())


def test_large_maps_are_sampled(monkeypatch):
    transfer, _ = scored(0.8)
    monkeypatch.setattr(evidence, "MAPPED", 50)
    monkeypatch.setattr(evidence, "embed", lambda features, seed, laid_out: (np.zeros((len(features), 2)), "none"))
    points = evidence.feature_map(transfer, 0, 1500)
    assert len(points) == 50
    assert {point.truth for point in points} == {0, 1}


def test_the_curve_ends_with_what_cross_validation_has_found(tmp_path: Path, monkeypatch):
    run = toys.run(tmp_path)
    run = replace(run, data=replace(run.data, folds=repeated_folds(run.data.targets, run.data.groups, 5, 1, 0)[0]))
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    fitted = []
    fit = evidence.fit_head
    monkeypatch.setattr(evidence, "fit_head", lambda *given: fitted.append(len(given[3])) or fit(*given))
    shorter = evidence.curve(Chosen(trial=trial, rows=()), run)
    once = len(fitted)
    whole = evidence.curve(Chosen(trial=replace(trial, strategy=LinearProbe(head="logistic")), rows=()), run)
    assert max(fitted[:once]) < shorter.points[-1].n == max(fitted[once:])
    assert [point.value for point in shorter.points] == pytest.approx([p.value for p in whole.points], abs=0.03)


def test_models_that_deny_most_labels_are_not_believed(tmp_path: Path, monkeypatch):
    run = toys.run(tmp_path)
    data = toys.dataset(tmp_path / "d", train=len(run.data.items))
    chosen = Chosen(trial=try_features(toys.contender(run), "linear_probe", LinearProbe(), run), rows=())
    half = len(run.data.targets) // 2

    def found(wrong: int, named: int) -> tuple[Issue, ...]:
        shares = np.eye(2)[run.data.targets]
        shares[:wrong] = shares[:wrong, ::-1]
        monkeypatch.setattr(evidence, "probabilities_of", lambda *_: shares)
        monkeypatch.setattr(evidence, "suspicious", lambda *_: np.arange(named))
        return evidence.suspects(chosen, run, data)

    (many,) = found(half, half)
    assert many.count == half
    assert found(half + 1, half + 1) == ()
    (poor,) = found(8, 8)
    doubt = f", and many may be right: these models are wrong on {8 / len(run.data.targets):.0%} of all. '"
    assert f"8 training labels look wrong to models that have not seen the item{doubt}" in poor.message
    (one,) = found(8, 1)
    assert one.message.startswith("1 training label looks wrong to models that have not seen the item, and it may be")
    (good,) = found(1, 1)
    assert good.message.startswith("1 training label looks wrong to models that have not seen the item. '")
    assert good.message.endswith("for one. All labels were used as they are.")


def test_labels_that_the_models_give_themselves_are_not_denied(tmp_path: Path, monkeypatch):
    """Of a class that is rare, the threshold may be reached where another is likelier."""
    run = toys.run(tmp_path)
    data = toys.dataset(tmp_path / "d", train=len(run.data.items))
    chosen = Chosen(trial=try_features(toys.contender(run), "linear_probe", LinearProbe(), run), rows=())
    shares = np.eye(2)[run.data.targets]
    shares[0] = shares[0, ::-1]
    monkeypatch.setattr(evidence, "probabilities_of", lambda *_: shares)
    monkeypatch.setattr(evidence, "suspicious", lambda *_: np.array([3, 0, 5]))
    (found,) = evidence.suspects(chosen, run, data)
    label, other = (data.classes[int(each)] for each in (run.data.targets[0], 1 - run.data.targets[0]))
    assert found.count == 1
    assert f"is labelled '{label}' and looks like '{other}'" in found.message
    monkeypatch.setattr(evidence, "suspicious", lambda *_: np.array([3, 5]))
    assert evidence.suspects(chosen, run, data) == ()


def test_the_curve_says_whose_it_is(tmp_path: Path):
    run = toys.run(tmp_path)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    note = evidence.curve(Chosen(trial=trial, rows=()), run).note
    assert note.startswith("Curve of a linear probe on the frozen features. ")
    tuned = evidence.curve(Chosen(trial=replace(trial, strategy_name="last_blocks"), rows=()), run).note
    assert tuned.startswith("Curve of a linear probe on the frozen features, not of last_blocks. ")


def test_what_was_left_out_is_told_by_reason_notes_first_each_with_one_full_stop():
    row = SimpleNamespace(model="m", strategy="s", name="scratch", skipped="it has no BatchNorm.")
    bare = SimpleNamespace(model="m", strategy="s", name="scratch", skipped="no time")
    found: Any = SimpleNamespace(
        ranked=SimpleNamespace(rows=[row, bare, SimpleNamespace(model="n", skipped="no time")]),
        settled=SimpleNamespace(
            contest=SimpleNamespace(skipped=[row, bare, SimpleNamespace(model="m", strategy="t", skipped="no time")])
        ),
        proof=SimpleNamespace(rows=[row, bare]),
    )
    assert evidence.skipped(found, ["", "Cross-validation: 3 folds", "All heard."]) == (
        "Cross-validation: 3 folds.",
        "All heard.",
        "Not measured: m; it has no BatchNorm.",
        "Not measured: m, n; no time.",
        "Not tried: s on m; it has no BatchNorm.",
        "Not tried: s, t on m; no time.",
        "Control not run: scratch; it has no BatchNorm.",
        "Control not run: scratch; no time.",
    )


def test_what_was_carried_elsewhere_is_not_given_up_for_a_better_control_here():
    proof: Any = SimpleNamespace(verdict=SimpleNamespace(outcome="negative"), best="simple")
    assert evidence.handed_over(proof, elsewhere=False) == "simple"
    assert evidence.handed_over(proof, elsewhere=True) == "transfer"
    proof.best = "scratch"
    assert evidence.handed_over(proof, elsewhere=False) == "transfer"
