from types import SimpleNamespace

import pytest

from headstart import api
from headstart.bundle.recipe import write_recipe
from headstart.core.recipe import Recipe
from tests.cli.standins import dataset
from tests.report.sample import solar


@pytest.fixture
def adapting(monkeypatch):
    asked = {}

    def load(source, **options):
        asked.update(load={"source": source, **options})
        return dataset()

    def adapt(data, **options):
        asked.update(adapt=options)
        return SimpleNamespace(results=solar())

    monkeypatch.setattr(api, "load", load)
    monkeypatch.setattr(api, "adapt", adapt)
    return asked


def test_every_option_reaches_the_recipe(headstart, adapting, tmp_path):
    words = ("--test", "t", "--input", "i", "--label", "l", "--group", "g", "--budget", "90s", "--seed", "3")
    words += ("--domain", "v")
    words += ("--strategy", "full", "--model", "packaged:efficientnet_lite0", "--task", "classification")
    words += ("--licence", "permissive")
    assert headstart("adapt", "d", "--out", str(tmp_path / "run"), *words).code == 0
    assert adapting["adapt"]["recipe"] == Recipe(
        data="d",
        test="t",
        roles={"input": "i", "label": "l", "group": "g", "domain": "v"},
        model="packaged:efficientnet_lite0",
        licence="permissive",
        strategy="full",
        budget="90s",
        seed=3,
    )
    assert adapting["adapt"]["out"] == tmp_path / "run"
    adapting["load"].pop("progress")
    columns = {"input": "i", "label": "l", "group": "g", "domain": "v"}
    assert adapting["load"] == {"source": "d", "test": "t", **columns, "seed": 3}


def test_without_options_the_recipe_is_the_default_one(headstart, adapting):
    assert headstart("adapt", "d", "--out", "r").code == 0
    assert adapting["adapt"]["recipe"] == Recipe(data="d")
    assert adapting["load"]["test"] is None


def test_a_recipe_file_reruns_a_run_and_options_replace_what_it_says(headstart, adapting, tmp_path):
    recipe = Recipe(
        data="photos", pool=("packaged:efficientnet_lite0",), budget="quick", seed=7, roles={"label": "kind"}
    )
    write_recipe(recipe, tmp_path / "recipe.toml")
    assert headstart("adapt", str(tmp_path / "recipe.toml"), "--out", "r").code == 0
    assert adapting["adapt"]["recipe"] == recipe
    words = ("--seed", "0", "--group", "camera")
    assert headstart("adapt", str(tmp_path / "recipe.toml"), "--out", "r", *words).code == 0
    changed = adapting["adapt"]["recipe"]
    assert (changed.seed, changed.budget, changed.data) == (0, "quick", "photos")
    assert changed.roles == {"label": "kind", "group": "camera"}


def test_settings_reach_the_recipe_and_those_of_a_file_are_changed_one_by_one(headstart, adapting, tmp_path):
    words = ("--strategy", "lora", "--set", "rank=4", "--set", "mixup=0.2")
    assert headstart("adapt", "d", "--out", "r", *words).code == 0
    recipe = adapting["adapt"]["recipe"]
    assert (recipe.strategy, recipe.settings) == ("lora", {"rank": 4, "mixup": 0.2})
    write_recipe(recipe, tmp_path / "recipe.toml")
    again = ("adapt", str(tmp_path / "recipe.toml"), "--out", "r")
    assert headstart(*again, "--set", "rank=2").code == 0
    assert adapting["adapt"]["recipe"].settings == {"rank": 2, "mixup": 0.2}
    assert headstart(*again, "--strategy", "lora").code == 0
    assert adapting["adapt"]["recipe"].settings == {"rank": 4, "mixup": 0.2}
    assert headstart(*again, "--strategy", "full").code == 0
    assert adapting["adapt"]["recipe"].settings == {}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--set", "rank=4"), "Settings (rank) belong to one strategy, and the strategy is 'auto': name the one they"),
        (("--strategy", "lora", "--set", "rank=0"), "Setting rank of 'lora' is 0; expected a whole number from 1 on."),
        (("--strategy", "lora", "--set", "rang=4"), "Strategy 'lora' has no setting 'rang'. Did you mean 'rank'? It"),
        (("--strategy", "lora", "--set", "rank"), "--set 'rank' is no setting; expected NAME=VALUE, such as epochs"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_the_data_are_read(headstart, adapting, words, problem):
    ended = headstart("adapt", "d", "--out", "r", *words)
    assert ended.code == 2
    assert problem in " ".join(ended.err.split())
    assert adapting == {}


def test_a_recipe_that_is_not_there_is_a_users_mistake(headstart, adapting, tmp_path):
    ended = headstart("adapt", str(tmp_path / "gone.toml"), "--out", "r")
    assert ended.code == 2
    assert ended.err == f"Error: There is no recipe '{tmp_path / 'gone.toml'}'; give one that a run folder holds.\n"


def test_the_summary_closes_with_what_to_do_next(headstart, adapting):
    ended = headstart("adapt", "d", "--out", "runs/x")
    assert "runs/x/report.html" in ended.out
    assert "headstart predict runs/x FILE..." in ended.out


def test_the_document_is_results_json(headstart, adapting):
    found = headstart("adapt", "d", "--out", "r", "--json").document
    assert found["schema"] == 1
    assert found["verdict"]["outcome"] == "positive"


def test_all_wrong_names_are_told_at_once_before_data_are_read(headstart, adapting):
    words = ("--model", "packaged:efficientnet_lite9", "--strategy", "ful", "--task", "clasification", "--budget", "x")
    ended = headstart("adapt", "d", "--out", "r", *words)
    assert ended.code == 2
    assert ended.err.count("Error: ") == 4
    assert "Did you mean 'full'?" in ended.err
    assert "Did you mean 'classification'?" in ended.err
    assert "load" not in adapting
