from __future__ import annotations

from types import SimpleNamespace

import pytest

from headstart import api
from headstart.bundle.recipe import write_recipe
from headstart.core.dataset import Issue
from headstart.core.recipe import Recipe
from tests.cli.standins import dataset
from tests.report.sample import solar


@pytest.fixture
def aligning(monkeypatch):
    asked = {}

    def load(source, **options):
        asked.setdefault("loads", []).append({"source": source, **options})
        return dataset()

    def load_unlabelled(source, **options):
        asked.update(target={"source": source, **options})
        issues = (Issue(code="unreadable", severity="warning", message="Left out: one."),)
        return SimpleNamespace(name="there", issues=issues)

    def load_few(source, **options):
        asked.update(few={"source": source, **options})
        return dataset()

    def align(data, target, **options):
        asked.update(align={"data": data, **options})
        return SimpleNamespace(results=solar())

    monkeypatch.setattr(api, "load", load)
    monkeypatch.setattr(api, "load_unlabelled", load_unlabelled)
    monkeypatch.setattr(api, "load_few", load_few)
    monkeypatch.setattr(api, "align", align)
    return asked


def test_every_option_reaches_the_recipe(headstart, aligning, tmp_path):
    words = ("--target", "t", "--test", "u", "--input", "i", "--label", "l", "--group", "g", "--budget", "90s")
    words += ("--domain", "v")
    words += ("--method", "coral", "--model", "packaged:efficientnet_lite0", "--licence", "permissive", "--seed", "3")
    ended = headstart("align", "d", "--out", str(tmp_path / "run"), *words)
    assert ended.code == 0
    assert aligning["align"]["recipe"] == Recipe(
        data="d",
        test="u",
        target="t",
        method="coral",
        roles={"input": "i", "label": "l", "group": "g", "domain": "v"},
        model="packaged:efficientnet_lite0",
        licence="permissive",
        strategy="linear_probe",
        budget="90s",
        seed=3,
    )
    assert aligning["target"]["source"] == "t"
    assert aligning["target"]["like"] is aligning["align"]["data"]
    assert "In the target 'there': Left out: one." in ended.err


def test_without_options_the_guard_decides(headstart, aligning):
    assert headstart("align", "d", "--target", "t", "--out", "r").code == 0
    assert aligning["align"]["recipe"] == Recipe(data="d", target="t", method="auto", strategy="linear_probe")


def test_a_method_that_trains_the_body_brings_its_strategy(headstart, aligning, tmp_path):
    assert headstart("align", "d", "--target", "t", "--out", "r", "--method", "dann").code == 0
    assert aligning["align"]["recipe"] == Recipe(data="d", target="t", method="dann", strategy="last_blocks")
    assert headstart("align", "d", "--target", "t", "--out", "r", "--method", "dann", "--strategy", "lora").code == 0
    assert aligning["align"]["recipe"].strategy == "lora"
    words = ("--method", "mcc", "--set", "temperature=2", "--set", "epochs=3")
    assert headstart("align", "d", "--target", "t", "--out", "r", *words).code == 0
    assert aligning["align"]["recipe"].settings == {"temperature": 2, "epochs": 3}
    known = Recipe(data="d", target="t", method="jdot", strategy="linear_probe", settings={"rounds": 2})
    write_recipe(known, tmp_path / "recipe.toml")
    assert headstart("align", str(tmp_path / "recipe.toml"), "--out", "r", "--method", "mcc").code == 0
    assert (aligning["align"]["recipe"].method, aligning["align"]["recipe"].strategy) == ("mcc", "last_blocks")
    assert aligning["align"]["recipe"].settings == {}  # those of the file are another method's


def test_a_recipe_reruns_a_run_here_and_not_as_an_adaptation(headstart, aligning, tmp_path):
    recipe = Recipe(data="photos", target="others", method="auto", strategy="linear_probe", budget="quick")
    write_recipe(recipe, tmp_path / "recipe.toml")
    assert headstart("align", str(tmp_path / "recipe.toml"), "--out", "r").code == 0
    assert aligning["align"]["recipe"] == recipe
    ended = headstart("adapt", str(tmp_path / "recipe.toml"), "--out", "r")
    assert ended.code == 2
    assert "give it to 'headstart align' instead of 'headstart adapt'" in " ".join(ended.err.split())


def test_labelled_items_are_read_like_the_source(headstart, aligning):
    ended = headstart("align", "d", "--target", "t", "--labelled", "few", "--out", "r", "--group", "g", "--seed", "2")
    assert ended.code == 0
    (source,) = aligning["loads"]
    assert (source["source"], source["group"]) == ("d", "g")
    assert aligning["few"]["source"] == "few"
    assert aligning["few"]["like"] is aligning["align"]["data"]
    assert aligning["align"]["recipe"].labelled == "few"
    assert aligning["align"]["labelled"] is not None


def test_a_target_is_needed(headstart, aligning):
    ended = headstart("align", "d", "--out", "r")
    assert ended.code == 2
    assert "There is no target to carry the model over to; name its folder or table with --target." in ended.err
    assert aligning == {}


def test_wrong_names_are_told_before_anything_is_read(headstart, aligning):
    ended = headstart("align", "d", "--target", "t", "--out", "r", "--method", "koral", "--budget", "x")
    assert ended.code == 2
    assert ended.err.count("Error: ") == 2
    assert "Did you mean 'coral'?" in ended.err
    assert aligning == {}


@pytest.fixture
def finished(monkeypatch, tmp_path):
    folder = tmp_path / "done"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "headstart.json").write_text("{}")
    opened = SimpleNamespace(folder=folder)
    monkeypatch.setattr("headstart.finished.FinishedRun.open", lambda given: opened)
    return opened


def test_a_finished_run_is_a_source(headstart, aligning, finished):
    words = ("--target", "t", "--labelled", "few", "--test", "scored", "--method", "coral", "--out", "r")
    assert headstart("align", str(finished.folder), *words).code == 0
    assert "loads" not in aligning
    assert aligning["target"] == {"source": "t", "like": finished, "progress": aligning["target"]["progress"]}
    assert aligning["few"]["source"] == "scored"  # read last
    found = aligning["align"]
    assert found["data"] == finished.folder
    assert found["labelled"] is not None
    assert found["test"] is not None
    assert (found["recipe"].method, found["recipe"].data) == ("coral", str(finished.folder))


def test_what_comes_with_the_run_cannot_be_asked_for(headstart, aligning, finished):
    words = ("--target", "t", "--out", "r", "--group", "g", "--budget", "quick")
    ended = headstart("align", str(finished.folder), *words)
    assert ended.code == 2
    assert "roles and budget come with the run" in " ".join(ended.err.split())
    assert aligning == {}
