from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from headstart import api
from headstart.asked import check_names, either, options_of
from headstart.core.dataset import Dataset
from headstart.core.errors import UserError
from headstart.core.recipe import Recipe
from headstart.core.training import InputStrategy
from headstart.engine.options import PoolMember
from headstart.strategies.linear_probe import LinearProbe
from headstart.strategies.lora import Lora
from tests.backbones.members import CLASSES, head_for, make

pytestmark = pytest.mark.usefixtures("little_work", "one_thread")


def test_every_problem_of_a_recipe_is_named_at_once():
    wrong = Recipe(budget="soon", task="clasification", strategy="linear_prob", model="packaged:nothing", seed=-1)
    with pytest.raises(UserError) as caught:
        check_names(wrong)
    starts = ["Seed -1 is negative; give a whole number from 0 on.", "Budget 'soon' is neither", "Unknown task"]
    starts += ["Unknown strategy 'linear_prob'. Did you mean 'linear_probe'?", "Source 'packaged' has no model"]
    assert len(caught.value.problems) == len(starts)
    for problem, start in zip(caught.value.problems, starts, strict=True):
        assert problem.startswith(start)
    check_names(Recipe())


def test_without_a_strategy_all_candidates_compete(data: Dataset, tiny: PoolMember):
    def chosen(name: str) -> set[str]:
        return set(options_of(data, Recipe(strategy=name)).strategies)

    assert chosen("full") == {"full"}
    assert chosen("scratch") == {"scratch"}
    assert "linear_probe" in chosen("auto")
    assert "scratch" not in chosen("auto")
    options = options_of(data, Recipe())
    assert options.pool == (tiny,)
    assert (options.baseline_name, options.probe_name) == ("histograms", "linear_probe")


def test_settings_change_the_one_strategy_that_is_named(data: Dataset, tiny: PoolMember):
    options = options_of(data, Recipe(strategy="lora", settings={"rank": 2, "epochs": 3, "alpha": 4}))
    (lora,) = options.strategies.values()
    assert isinstance(lora, Lora)
    assert (lora.rank, lora.alpha, lora.schedule.epochs) == (2, 4.0, 3)
    assert api.settings("lora")[0].name == "rank"
    with pytest.raises(
        UserError, match=r"^Settings \(rank, epochs\) belong to one strategy, and the strategy is 'auto'"
    ):
        api.adapt(data, settings={"rank": 2, "epochs": 3})
    with pytest.raises(UserError, match="Setting rank of 'lora' is 'two'; expected a whole number from 1 on"):
        api.adapt(data, strategy="lora", settings={"rank": "two"})


def test_settings_of_the_probe_are_those_that_it_is_fitted_with(data: Dataset, tiny: PoolMember):
    """The ranking has fitted a probe already, and its trial is the one that is compared."""
    options = options_of(data, Recipe(strategy="linear_probe", settings={"head": "logistic"}))
    assert options.probe == options.strategies["linear_probe"] == LinearProbe(head="logistic")
    assert options_of(data, Recipe()).probe == LinearProbe()


def test_few_items_mean_small_batches_and_many_epochs(data: Dataset, tiny: PoolMember):
    compared = options_of(data, Recipe()).strategies
    assert {one.schedule.batch_size for one in compared.values() if isinstance(one, InputStrategy)} == {
        InputStrategy.smallest_batch
    }


@pytest.mark.parametrize("verb", [api.rank, api.adapt])
def test_data_are_loaded_first(verb: Callable[[Any], Any]):
    with pytest.raises(
        UserError, match=r"The data are a str, expected what headstart\.load returns: load them first\."
    ):
        verb("photos")


@pytest.mark.parametrize(("strategy", "settings"), [("linear_probe", {}), ("last_blocks", {"epochs": 1})])
@pytest.mark.usefixtures("data")
def test_a_model_is_not_cross_validated_on_labels_that_it_knows(tmp_path: Path, strategy: str, settings: dict):
    backbone = make("test_resnet")
    backbone.export(tmp_path / "own", head_for(backbone), CLASSES)
    known, other, out = api.load(tmp_path / "photos/train"), api.load(tmp_path / "photos/test"), tmp_path / "run"
    api.adapt(known, out=out, model=f"local:{tmp_path / 'own'}", strategy=strategy, settings=settings, budget="quick")
    refused = pytest.raises(
        UserError, match=r"^local:.* was trained on these very data: cross-validation would score it"
    )
    for name in (f"local:{out}", f"local:{out / 'model'}"):
        with refused if settings else nullcontext():
            options_of(known, Recipe(model=name))
        options_of(other, Recipe(model=name))
        options_of(api.load(tmp_path / "photos/train", test=tmp_path / "photos/test"), Recipe(model=name))
    (out / "results.json").write_text("{}")
    options_of(known, Recipe(model=f"local:{out}"))  # what cannot be read tells nothing


def test_nor_as_a_part_of_another(data: Dataset, tiny: PoolMember, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("a", "b"):
        backbone = make("test_resnet")
        backbone.export(tmp_path / name, head_for(backbone), CLASSES)
    known = api.load(tmp_path / "photos/train")
    monkeypatch.setattr("headstart.run_folder.trained_on", lambda folder: known.fingerprint * (folder.name == "b"))
    joined = f"local:{tmp_path / 'a'}+local:{tmp_path / 'b'}"
    with pytest.raises(UserError, match=r"^local:\S*/b was trained on these very data: cross-validation would score"):
        options_of(known, Recipe(model=joined))
    options_of(data, Recipe(model=joined))


def test_options_beside_a_recipe_are_refused(data: Dataset):
    said = (
        r"^Both a recipe and budget='quick', seed=3 were given: what a recipe says is not changed by options beside it"
    )
    with pytest.raises(UserError, match=said):
        api.adapt(data, recipe=Recipe(), seed=3, budget="quick")
    with pytest.raises(
        UserError, match=r"Change the recipe \(dataclasses\.replace\(recipe, method='dann'\)\), or leave"
    ):
        api.align(data, api.load_unlabelled(data.source), recipe=Recipe(method="auto"), method="dann")
    assert either(Recipe(seed=1), Recipe(roles={"label": "kind"}), Recipe()) == Recipe(seed=1)
    assert either(None, Recipe(seed=2), Recipe()) == Recipe(seed=2)


@pytest.mark.parametrize("verb", [api.adapt, api.rank])
def test_a_pool_is_a_list_of_names(verb: Any, data: Dataset):
    with pytest.raises(UserError, match=r"pool takes a list of names, got one str: put it in a list, \['timm:a'\]"):
        verb(data, pool="timm:a")


def test_a_target_is_loaded_first(data: Dataset):
    with pytest.raises(UserError, match=r"The target is a str, expected what headstart\.load_unlabelled returns"):
        api.align(data, "photos")  # type: ignore[arg-type]
