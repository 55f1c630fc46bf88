"""A finished run carried over without its data."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas
import pytest

from headstart import api
from headstart.bundle.domain import FILE
from headstart.bundle.model import CARD, read_card
from headstart.bundle.recipe import read_recipe
from headstart.core.alignment import SOURCE_ONLY
from headstart.core.dataset import Dataset
from headstart.core.errors import Unavailable, UserError
from headstart.core.recipe import Recipe
from headstart.engine.options import PoolMember
from headstart.finished import FinishedRun, is_run
from headstart.report.json import read_results
from headstart.run_folder import NOTE
from tests.test_api import labelled_photos, shifted_photos

pytestmark = pytest.mark.usefixtures("little_work", "one_thread")


@pytest.fixture
def run(data: Dataset, tiny: PoolMember, tmp_path: Path) -> Path:
    """A run whose data are gone."""
    api.adapt(data, out=tmp_path / "run", budget="quick", strategy="linear_probe")
    shutil.rmtree(tmp_path / "photos")
    return tmp_path / "run"


def test_a_run_is_carried_over_and_can_be_run_again(run: Path, tmp_path: Path):
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    test = api.load_few(labelled_photos(tmp_path / "few"))
    done = api.align(run, target, test=test, out=tmp_path / "next", method="coral", seed=3)
    before, across = read_results(run), done.results.across
    assert across is not None
    assert across.difference is not None
    assert (across.alignment.taken, across.target.items) == ("coral", 24)
    assert done.results.headline.startswith("Adapted to 'other' by coral: ")
    assert done.results.headline.endswith(f"In the training items' own domain: {before.headline}")
    assert (done.results.scores, done.results.data) == (before.scores, before.data)
    assert set(done.results.seconds) == {"carry over"}
    assert done.results.seed == 3
    assert done.results.domains[0].second == "items of the target"
    assert read_results(tmp_path / "next") == done.results
    assert read_card(tmp_path / "next" / "model").domain == ""
    recipe = read_recipe(tmp_path / "next" / "recipe.toml")
    assert recipe == done.recipe
    assert (recipe.data, recipe.target, recipe.test) == (str(run), target.source, test.source)
    again = api.align(recipe.data, target, test=test, out=tmp_path / "again", recipe=recipe)
    assert again.results.across == across
    files = sorted((tmp_path / "other").iterdir())
    served = [api.open(tmp_path / name).predict(files) for name in ("next", "again", "run")]
    assert served[0] == served[1] != served[2]


def test_a_model_that_is_kept_as_it_was_can_go_on(run: Path, tmp_path: Path, monkeypatch):
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    monkeypatch.setattr("headstart.engine.guard.COLLAPSED", 10.0)
    done = api.align(run, target, out=tmp_path / "next")
    assert done.results.across is not None
    assert done.results.across.alignment.taken == SOURCE_ONLY
    files = sorted((tmp_path / "other").iterdir())
    assert api.open(tmp_path / "next").predict(files) == api.open(run).predict(files)
    onward = api.align(tmp_path / "next", target, method="coral")
    assert onward.results.headline.startswith("Adapted to 'other' by coral; accuracy there cannot be measured")
    assert onward.results.headline.endswith(read_results(run).headline)
    assert "Not adapted" not in onward.results.headline


def test_the_same_again_is_read_back_and_something_else_is_refused(run: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("headstart.engine.identity.code", lambda: ("abc", False))
    monkeypatch.setattr("headstart.engine.environment.code", lambda: ("abc", False))
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    done = api.align(run, target, out=tmp_path / "next", method="coral")
    monkeypatch.setattr("headstart.finished._computed", None)
    assert api.align(run, target, out=tmp_path / "next", method="coral").results == done.results
    (run / NOTE).write_text(json.dumps({**json.loads((run / NOTE).read_text()), "data": "another head"}))
    with pytest.raises(TypeError, match="not callable"):  # it is computed anew
        api.align(run, target, out=tmp_path / "next", method="coral")
    with pytest.raises(UserError, match="already holds a run of other options"):
        api.align(run, target, out=tmp_path / "next", method="jdot")
    few = api.load_few(labelled_photos(tmp_path / "few"))
    with pytest.raises(UserError, match="already holds a run of other test items"):
        api.align(run, target, test=few, out=tmp_path / "next", method="coral")
    with pytest.raises(UserError, match="lies within the data in"):
        api.align(run, target, out=run / "inside", method="coral")


def test_items_that_do_not_go_with_the_run_are_refused_together(run: Path, tmp_path: Path):
    texts = tmp_path / "texts.csv"
    pandas.DataFrame({"text": [f"words number {n}" for n in range(12)], "label": list("ab") * 6}).to_csv(texts)
    target, few = api.load_unlabelled(texts), api.load_few(labelled_photos(tmp_path / "few"))
    with pytest.raises(UserError) as refused:
        api.align(run, target, labelled=few, test=api.load_few(texts), method="dann", model="x")
    said = [str(problem) for problem in refused.value.problems]
    assert len(said) == 5
    assert said[0].startswith("Method 'dann' changes the body, which takes the training items themselves, and a run")
    assert said[1].startswith("model come with the run")
    assert said[2] == f"The model of '{run}' reads images, and the target 'texts' holds texts; give images."
    assert said[3] == "'photos' holds images and the test items 'texts' texts; give two of one kind."
    assert said[4].startswith("The test items 'texts' have classes that 'photos' does not: a, b. Name them like those")
    scarce = api.load_unlabelled(shifted_photos(tmp_path / "scarce", 4))
    with pytest.raises(UserError, match="takes 10 independent items of each at least, of which the target 'scarce'"):
        api.align(run, scarce)
    photos = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    with pytest.raises(UserError, match="12 items of the test data are among the labelled items 'few', or copies"):
        api.align(run, photos, labelled=few, test=few)


def test_what_is_no_run_that_could_be_carried_over_is_refused(run: Path, data: Dataset, tmp_path: Path):
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    with pytest.raises(UserError, match=r"'.*other' is not the folder of a finished run; give one, or labelled data"):
        api.align(tmp_path / "other", target)
    with pytest.raises(UserError, match="holds a model without the results of its run, which say what it learnt from"):
        api.align(run / "model", target)
    card = json.loads((run / "model" / CARD).read_text())
    for changes, why in (
        ({"domain": "test items"}, "keeps no features of training items"),
        ({"domain": "", "serves": "histograms"}, "holds a simple model"),
    ):
        (run / "model" / CARD).write_text(json.dumps({**card, **changes}))
        with pytest.raises(UserError, match=f"{why}, and cannot be carried over without its data"):
            api.align(run, target)
    (run / "model" / CARD).write_text(json.dumps(card))
    (run / "model" / FILE).unlink()
    with pytest.raises(Unavailable, match="is damaged: it is missing"):
        api.align(run, target)
    with pytest.raises(UserError, match=r"Test items come with the data \(load\(\.\.\., test=\)\), unless a finished"):
        api.align(data, target, test=data)


def test_paths_of_runs_are_told_from_data(run: Path, tmp_path: Path):
    assert is_run(run)
    assert is_run(str(run / "model"))
    assert not is_run(tmp_path)
    assert not is_run("")
    assert not is_run(None)


def test_tables_are_read_as_those_of_the_run(run: Path):
    found = FinishedRun.open(run)
    assert (dict(found.roles), dict(found.named)) == ({}, {})
    data = replace(found.results.data, roles={"input": "body", "label": "kind"})
    known = replace(found, results=replace(found.results, data=data), recipe=Recipe(roles={"label": "kind"}))
    assert (dict(known.roles), dict(known.named)) == ({"input": "body", "label": "kind"}, {"label": "kind"})
