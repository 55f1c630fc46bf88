from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart import run_folder
from headstart.baselines.tfidf import Tfidf
from headstart.bundle.model import read_card
from headstart.bundle.predictor import Predictor
from headstart.bundle.recipe import read_recipe, write_recipe
from headstart.core.alignment import NORMALISATION
from headstart.core.recipe import Recipe
from headstart.engine.adapted import Adapted
from headstart.engine.arithmetic import Arithmetic
from headstart.engine.journal import Journal
from headstart.report.json import read_results, write_results
from headstart.run_folder import write
from tests.backbones.members import head_for, make
from tests.backbones.tiny import TEXTS
from tests.report import sample
from tests.report.test__across import across

ASKED = Recipe(data="/here", roles={"label": "kind"}, pool=("timm:a",), seed=3)
DATA = "f" * 8
FILES = {"report.html", "results.json", "recipe.toml", "model", "run.json"}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def interrupted(folder: Path, recipe: Recipe = ASKED, data: str = DATA) -> Path:
    """A run that was killed under way, as the engine's journal leaves it."""
    asked = {**recipe.__dict__, "data": "", "test": ""}
    Journal(folder / "checkpoints", {"versions": {}, "options": asked, "data": data, "models": []})
    (folder / "checkpoints" / "piece.safetensors").touch()
    return folder


def finished(folder: Path, recipe: Recipe = ASKED, data: str = DATA) -> Path:
    folder.mkdir(exist_ok=True)
    solar = sample.solar()
    write_results(replace(solar, data=replace(solar.data, fingerprint=data)), folder)
    write_recipe(recipe, folder / "recipe.toml")
    return folder


def adapted(**changes: Any) -> Adapted:
    """A tiny text model with the results of another run over four classes."""
    from tests.backbones.members import CLASSES

    backbone, results = make("bert"), sample.tweets()
    count = len(CLASSES)
    data = replace(results.data, classes=CLASSES, class_counts=dict.fromkeys(CLASSES, 5))
    results = replace(
        results, data=data, served="transfer", confusion=((5,) * count,) * count, map=(), mistakes=(), temperature=1.5
    )
    baseline = Tfidf()
    baseline.fit(baseline.describe(TEXTS * 4), np.arange(12) % count, count)
    facts: dict[str, Any] = {
        "recipe": ASKED, "backbone": backbone, "head": head_for(backbone), "baseline": baseline,
        "baseline_name": "tfidf", "results": results,
    }  # fmt: skip
    return Adapted(**{**facts, **changes})


def test_a_run_folder_is_complete_and_has_no_checkpoints(tmp_path: Path):
    note = Arithmetic(exact_blocks=1).note()
    whole = adapted(arithmetic=note)
    folder = interrupted(tmp_path / "run")
    (folder / "model").mkdir()
    (folder / "model" / "stale.bin").touch()
    assert write(whole, folder) == folder
    assert {path.name for path in folder.iterdir()} == FILES
    assert not (folder / "model" / "stale.bin").exists()
    assert read_recipe(folder / "recipe.toml") == ASKED
    assert read_results(folder) == whole.results
    card = read_card(folder / "model")
    assert (card.serves, card.temperature, card.trained_from["model"]) == ("transfer", 1.5, whole.results.model.name)
    assert card.arithmetic == note
    assert card.column == whole.results.data.roles.get("input", "")
    assert json.loads((folder / "model" / "config.json").read_text())["id2label"]["0"] == card.classes[0]
    assert len(Predictor.open(folder).predict(TEXTS)) == 3


def test_a_baseline_that_won_is_what_is_written(tmp_path: Path):
    whole = adapted(arithmetic=Arithmetic().note())
    folder = write(replace(whole, results=replace(whole.results, served="simple")), tmp_path)
    assert {path.name for path in folder.iterdir()} == FILES
    card = read_card(folder / "model")
    assert (card.serves, card.temperature, dict(card.trained_from)) == ("tfidf", 1.0, {})
    assert card.arithmetic == {}
    assert not (folder / "model" / "config.json").exists()
    assert whole.baseline is not None
    best = whole.baseline.logits(whole.baseline.describe(TEXTS)).argmax(axis=1)
    assert [p.label for p in Predictor.open(folder).predict(TEXTS)] == [card.classes[k] for k in best]


def test_a_baseline_that_won_has_to_be_there(tmp_path: Path):
    whole = adapted(baseline=None)
    with pytest.raises(ValueError, match="results say that the simple baseline is served, but there is none"):
        write(replace(whole, results=replace(whole.results, served="simple")), tmp_path)


def test_what_a_finished_run_depends_on_is_noted_in_it(tmp_path: Path):
    assert run_folder.noted(tmp_path) == {}
    for damaged in ("{", "[]"):
        (tmp_path / "run.json").write_text(damaged)
        assert run_folder.noted(tmp_path) == {}
    (tmp_path / "run.json").write_text('{"data": "x"}')
    assert run_folder.noted(tmp_path) == {"data": "x"}


@pytest.mark.parametrize(
    ("strategy", "trained", "learnt"),
    [
        ("linear_probe", None, False),
        ("lp_ft", None, True),
        ("linear_probe", "", False),
        ("linear_probe", "last_blocks", True),
        ("linear_probe", NORMALISATION, False),  # by the target's items, which have no labels
    ],
)
def test_a_body_knows_the_labels_it_was_trained_on(tmp_path: Path, strategy: str, trained: str | None, learnt: bool):
    way = across("dann")
    moved = None if trained is None else replace(way, alignment=replace(way.alignment, trained=trained))
    write_results(replace(sample.solar(), strategy=strategy, across=moved, served="transfer"), tmp_path)
    (tmp_path / "run.json").touch()
    (tmp_path / "model" / "0").mkdir(parents=True)
    known = sample.solar().data.fingerprint if learnt else ""
    for place in (tmp_path, tmp_path / "model", tmp_path / "model" / "0"):
        assert run_folder.trained_on(place) == known
    write_results(replace(sample.solar(), strategy=strategy, across=moved, served="simple"), tmp_path)
    assert run_folder.trained_on(tmp_path) == ""


def test_finished_is_what_depends_on_the_same_and_is_complete(tmp_path: Path):
    identity, code = {"data": DATA, "versions": {"torch": "1"}}, ("", False)
    made = adapted(identity=identity)
    made = replace(made, results=replace(made.results, environment={**made.results.environment, "commit": ""}))
    write(made, tmp_path)
    assert run_folder.finished(tmp_path, identity, code) == made.results
    assert run_folder.finished(tmp_path, {**identity, "versions": {"torch": "2"}}, code) is None
    assert run_folder.finished(tmp_path, identity, ("abc", False)) is None
    assert run_folder.finished(tmp_path, identity, ("", True)) is None
    (tmp_path / "run.json").write_text("{")
    assert run_folder.finished(tmp_path, identity, code) is None
    write(made, tmp_path)
    (tmp_path / "checkpoints").mkdir()
    assert run_folder.finished(tmp_path, identity, code) is None
    (tmp_path / "checkpoints").rmdir()
    (tmp_path / "results.json").unlink()
    assert run_folder.finished(tmp_path, identity, code) is None
