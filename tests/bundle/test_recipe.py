from __future__ import annotations

from pathlib import Path

import pytest

from headstart.bundle.recipe import read_recipe, write_recipe
from headstart.core.errors import UserError
from headstart.core.recipe import Recipe

FULL = Recipe(
    data="/photos/été",
    test='C:\\new "test"\\',
    roles={"input": "Überschrift", "label": "kind of thing"},
    task="classification",
    model="auto",
    pool=("timm:a", "timm:b"),
    strategy="linear_probe",
    settings={"head": "logistic", "epochs": 3, "mixup": 0.25, "balanced": True},
    budget="5m",
    seed=7,
)


@pytest.mark.parametrize("recipe", [Recipe(), FULL])
def test_what_is_written_is_read_back(recipe: Recipe, tmp_path: Path):
    write_recipe(recipe, tmp_path / "recipe.toml")
    assert read_recipe(tmp_path / "recipe.toml") == recipe
    (tmp_path / "recipe.toml").read_bytes().decode("utf-8")


def test_keys_left_out_have_their_defaults_and_a_byte_order_mark_is_no_matter(tmp_path: Path):
    path = tmp_path / "recipe.toml"
    path.write_text('data = "photos"\n', encoding="utf-8-sig")
    assert read_recipe(path) == Recipe(data="photos")


@pytest.mark.parametrize("content", [b"seed = ", b'data = "\xff"', b"seed = 1\nseed = 2"])
def test_what_is_not_toml_is_refused(content: bytes, tmp_path: Path):
    path = tmp_path / "recipe.toml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"recipe\.toml' is not a recipe: it is not valid TOML \("):
        read_recipe(path)


def test_a_missing_recipe_is_named(tmp_path: Path):
    with pytest.raises(UserError, match=r"nowhere\.toml' cannot be read \(No such file or directory\)"):
        read_recipe(tmp_path / "nowhere.toml")
    with pytest.raises(UserError, match=r"cannot be read \(Is a directory\); give the recipe\.toml of a run folder"):
        read_recipe(tmp_path)


def test_every_problem_is_named_at_once(tmp_path: Path):
    path = tmp_path / "recipe.toml"
    path.write_text('sead = 1\nseed = "1"\nbudget = 60\npool = "timm:a"\n[roles]\nlable = "kind"\n')
    with pytest.raises(UserError) as caught:
        read_recipe(path)
    assert list(caught.value.problems) == [
        f"'{path}' has an unknown key 'sead'. Did you mean 'seed'?",
        f"'{path}': seed is '1', expected a whole number.",
        f"'{path}': budget is 60, expected a text.",
        f"'{path}': pool is 'timm:a', expected a list of texts.",
        f"'{path}' names an unknown role 'lable'. Did you mean 'label'?",
    ]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("seed = true", "seed is True, expected a whole number"),
        ("seed = 1.0", "seed is 1.0, expected a whole number"),
        ("pool = [1]", r"pool is \[1\], expected a list of texts"),
        ("roles = []", r"roles is \[\], expected a table of texts"),
        ("roles = {label = 3}", r"roles is \{'label': 3\}, expected a table of texts"),
        ("settings = 3", "settings is 3, expected a table of numbers, texts, true or false"),
        ("settings = {rank = [4]}", r"settings is \{'rank': \[4\]\}, expected a table of numbers"),
        ("data = ['a']", r"data is \['a'\], expected a text"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(line: str, complaint: str, tmp_path: Path):
    (tmp_path / "recipe.toml").write_text(line)
    with pytest.raises(UserError, match=complaint):
        read_recipe(tmp_path / "recipe.toml")
