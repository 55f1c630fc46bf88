"""The verbs end to end, over a tiny real network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image

from headstart import adapting, api, pool
from headstart.adapting import still_there
from headstart.asked import check_names, options_of
from headstart.backbones._sequence_body import built_from
from headstart.backbones.local import read_exported
from headstart.bundle.recipe import read_recipe
from headstart.cli.app import main
from headstart.core.backbone import Backbone, BackboneInfo, Exported
from headstart.core.dataset import Dataset
from headstart.core.errors import UserError
from headstart.core.recipe import Recipe
from headstart.core.training import InputStrategy
from headstart.engine import adapt as adapt_module
from headstart.engine import hearing, plan
from headstart.engine.final import Scored
from headstart.engine.options import PoolMember
from headstart.report.json import read_results
from headstart.strategies.lora import Lora
from tests import sounds
from tests.backbones.members import CLASSES, head_for, make
from tests.backbones.tiny import config_of
from tests.engine import toys
from tests.listening import Listener


class TinySource(toys.ToySource):
    """Serves timm's ``test_resnet`` with random weights."""

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        return make("test_resnet", seed=0 if pretrained else seed + 1, size=size)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def little_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = {name: replace(p, folds=3, repeats=2, curve_draws=5) for name, p in plan.PRESETS.items()}
    monkeypatch.setattr(plan, "PRESETS", small)
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "home"))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> PoolMember:
    """The only model there is."""
    facts = make("test_resnet").info
    member = PoolMember(source=TinySource(facts), info=facts)
    monkeypatch.setattr(pool, "known", lambda: [member])
    monkeypatch.setattr(api, "known", lambda: [member])
    return member


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    toys.dataset(tmp_path / "photos", train=24, test=12)
    return api.load(tmp_path / "photos")


def test_the_data_know_where_they_came_from(data: Dataset, tmp_path: Path, monkeypatch):
    assert (data.source, data.test_source) == (str(tmp_path / "photos"), "")
    monkeypatch.chdir(tmp_path)
    apart = api.load("photos/train", test=Path("photos/test"))
    assert (apart.source, apart.test_source) == (str(tmp_path / "photos/train"), str(tmp_path / "photos/test"))
    import pandas

    frame = pandas.DataFrame({"text": [f"words number {n}" for n in range(12)], "label": list("ab") * 6})
    assert api.load(frame).source == ""


def test_adapt_writes_a_folder_that_serves_and_whose_recipe_reruns(data: Dataset, tiny: PoolMember, tmp_path: Path):
    out = tmp_path / "runs" / "photos"
    whole = api.adapt(data, out=out, budget="quick", strategy="linear_probe", seed=2)
    assert {path.name for path in out.iterdir()} == {"report.html", "results.json", "recipe.toml", "model", "run.json"}
    assert str(whole) == whole.results.headline == read_results(out).headline
    assert (whole.results.model.name, whole.results.strategy) == (tiny.info.name, "linear_probe")
    served = api.open(out)
    predictions = served.predict(sorted((tmp_path / "photos" / "test" / "left").iterdir()))
    assert served.classes == data.classes == ("left", "right")
    assert all(p.label in data.classes for p in predictions)

    recipe = read_recipe(out / "recipe.toml")
    assert (
        recipe == whole.recipe == Recipe(data=str(tmp_path / "photos"), strategy="linear_probe", budget="quick", seed=2)
    )
    again = api.adapt(api.load(recipe.data), recipe=recipe)
    assert toys.measured(again.results) == toys.measured(read_results(out))
    saved = again.save(tmp_path / "again")
    assert [p.probabilities for p in api.open(saved).predict([toys.picture(0, 5)])] == [
        p.probabilities for p in served.predict([toys.picture(0, 5)])
    ]


@pytest.mark.parametrize(("strategy", "settings"), [("linear_probe", {}), ("last_blocks", {"epochs": 1})])
def test_joined_models_are_adapted_to_and_served(data: Dataset, tmp_path: Path, strategy: str, settings: dict):
    parts = []
    for member in ("test_resnet", "test_vit"):
        backbone = make(member)
        backbone.export(tmp_path / member, head_for(backbone), CLASSES)
        parts.append(f"local:{tmp_path / member}")
    name, out = "+".join(parts), tmp_path / "run"
    whole = api.adapt(data, out=out, model=name, strategy=strategy, settings=settings, budget="quick")
    assert (whole.results.model.name, whole.results.model.parts) == (name, tuple(parts))
    assert whole.results.controls["random_trunk"].skipped is None
    paths = sorted((tmp_path / "photos" / "test").rglob("*.png"))
    pictures = [Image.open(path) for path in paths]
    logits = 0.0
    for number in range(2):
        part = read_exported(out / "model" / str(number))
        batch = part.backbone.preprocess.collate([part.backbone.preprocess.item(picture) for picture in pictures])
        with torch.no_grad():
            logits = logits + part.head.logits(part.backbone.encode(batch).double().numpy())
    said = [list(prediction.probabilities.values()) for prediction in api.open(out).predict(paths)]
    np.testing.assert_allclose(said, torch.from_numpy(np.asarray(logits)).softmax(dim=1).numpy(), atol=1e-5)
    again = api.adapt(data, model=f"local:{out}", budget="quick")
    assert len(again.results.model.parts) == 2


class TinyEars(toys.ToySource):
    """Serves a Whisper with random weights, for the seconds asked for."""

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        self.asked = size
        return built_from({}, info, config_of("whisper"), folder=None, size=size, seed=0 if pretrained else seed + 1)


def test_sounds_are_adapted_to_and_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    facts = replace(make("whisper").info, input={"seconds": 30})
    source = TinyEars(facts)
    for module in (pool, api):
        monkeypatch.setattr(module, "known", lambda: [PoolMember(source=source, info=facts)])
    data = api.load(sounds.folders(tmp_path / "clips", train=24, test=12))
    whole = api.adapt(data, out=tmp_path / "run", budget="quick")
    assert source.asked == 1  # the clips last .6 s
    assert (whole.results.data.modality, whole.results.data.classes) == ("audio", ("down", "up"))
    assert not any("last longer" in sentence for sentence in whole.results.skipped)
    assert whole.results.controls["simple"].skipped is None
    report = (tmp_path / "run" / "report.html").read_text()
    assert "24 clips" in report
    assert "audio-classification" in report
    paths = sorted((tmp_path / "clips" / "test").rglob("*.wav"))
    served = api.open(tmp_path / "run").predict(paths)
    assert {prediction.label for prediction in served} <= {"down", "up"}
    monkeypatch.setattr(hearing, "WHOLE", 0.0)
    monkeypatch.setattr(hearing, "LONGEST_HEARD", 1)
    sounds.write(tmp_path / "clips" / "train" / "up" / "long.wav", sounds.glide(True, 99, seconds=1.5))
    again = api.adapt(api.load(tmp_path / "clips"), budget="quick")
    assert "Clips are heard up to 1 s: 1 of 37 last longer." in again.results.skipped


def test_a_finished_run_is_not_computed_again(data: Dataset, tiny: PoolMember, tmp_path: Path, monkeypatch):
    """Unless the data, what is asked for, the program or the model's weights have changed, or something is missing."""
    monkeypatch.setattr("headstart.engine.identity.code", lambda: ("", False))
    monkeypatch.setattr("headstart.engine.environment.code", lambda: ("", False))
    out, computed = tmp_path / "run", []
    ran = adapt_module.adapt
    monkeypatch.setattr(adapt_module, "adapt", lambda *a, **options: computed.append(1) or ran(*a, **options))
    heard = Listener()

    def again(**changes: Any) -> api.Adaptation:
        asked = {"budget": "quick", "strategy": "linear_probe", "seed": 2, **changes}
        return api.adapt(api.load(tmp_path / "photos"), out=out, progress=heard, **asked)

    first = again()
    second = again()
    assert second.results == first.results
    assert len(computed) == 1
    assert heard.said[-1] == f"'{out}' holds this very run; delete it to have it computed again."
    saved = second.save(tmp_path / "copy")
    assert [p.probabilities for p in api.open(saved).predict([toys.picture(0, 5)])] == [
        p.probabilities for p in api.open(out).predict([toys.picture(0, 5)])
    ]
    assert api.Adaptation(first.results, first.recipe, saved).save(saved) == saved
    (out / "report.html").unlink()
    heard.said.clear()
    again()
    assert len(computed) == 2
    assert not any("computed" in each for each in heard.said)
    monkeypatch.setattr("headstart.engine.identity.code", lambda: ("", True))
    again()
    assert len(computed) == 3
    assert (
        f"'{out}' holds this run as another state of the program, its libraries or the weights made it: it is computed "
        "anew."
    ) in heard.said
    monkeypatch.setattr("headstart.engine.identity.code", lambda: ("", False))
    monkeypatch.setattr(adapting, "still_there", lambda results, options: False)
    again()
    assert len(computed) == 4


def test_other_weights_in_the_store_make_another_run(data: Dataset, tiny: PoolMember):
    results = api.adapt(data, budget="quick", strategy="linear_probe").results
    options = options_of(data, Recipe(budget="quick"))
    assert still_there(results, options)
    other = replace(results, model=replace(results.model, sha256="0" * 64))
    assert not still_there(other, options)


@pytest.mark.parametrize("reduced", [True, False])
def test_large_jpegs_are_served_as_they_were_scored(tmp_path: Path, tiny: PoolMember, monkeypatch, reduced: bool):
    """Also where none of the training items was large, so that nothing says whether reading them small does harm."""
    toys.dataset(tmp_path / "photos", train=24, test=12)
    for path in [*(tmp_path / "photos").rglob("*.png")]:
        large = Image.open(path).resize((800, 700), Image.Resampling.NEAREST)
        path.unlink()
        large.save(path.with_suffix(".jpg" if reduced or "test" in path.parts else ".png"))
    scored: list[Scored] = []
    score = adapt_module.score
    monkeypatch.setattr(adapt_module, "score", lambda *given: scored.append(score(*given)) or scored[0])
    monkeypatch.setattr("headstart.engine.reading.COSINE_FLOOR", -1.0)
    api.adapt(api.load(tmp_path / "photos"), budget="quick", strategy="linear_probe", out=tmp_path / "run")
    served = api.open(tmp_path / "run")
    assert served.card.serves == "transfer"
    assert (
        read_results(tmp_path / "run").model.least_side == cast(Exported, served._model).backbone.preprocess.least_side
    )
    body = cast(Exported, served._model).backbone
    assert body.preprocess.least_side == (make("test_resnet").preprocess.least_side if reduced else None)
    found = served.predict([tmp_path / "photos" / item for item in scored[0].ids])
    expected = scored[0].probabilities
    np.testing.assert_allclose([list(p.probabilities.values()) for p in found], expected, atol=1e-4)
    monkeypatch.setattr(body, "preprocess", body.preprocess.asking_for(None if reduced else 300))
    otherwise = served.predict([tmp_path / "photos" / item for item in scored[0].ids])
    assert np.abs([list(p.probabilities.values()) for p in otherwise] - expected).max() > 1e-3  # it matters


def test_a_recipe_is_saved_with_the_paths_the_data_came_from(data: Dataset, tiny: PoolMember, tmp_path: Path):
    asked = Recipe(data="photos", budget="quick", strategy="linear_probe", model=tiny.info.name.partition(":")[2])
    saved = api.adapt(data, recipe=asked).recipe
    assert saved == replace(asked, data=str(tmp_path / "photos"))


@pytest.mark.usefixtures("tiny")
def test_save_refuses_what_is_not_its_own(data: Dataset, tmp_path: Path):
    adapted = api.adapt(data, budget="quick", strategy="linear_probe")
    (tmp_path / "other" / "checkpoints").mkdir(parents=True)
    (tmp_path / "other" / "checkpoints" / "run.json").write_text('{"options": {}, "data": "another"}')
    (tmp_path / "other" / "checkpoints" / "piece.safetensors").touch()
    with pytest.raises(UserError, match="holds an unfinished run of other data or other options"):
        adapted.save(tmp_path / "other")
    assert (tmp_path / "other" / "checkpoints" / "run.json").exists()


@pytest.mark.usefixtures("tiny")
def test_a_folder_in_use_is_refused_before_any_work(data: Dataset, tmp_path: Path, monkeypatch):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").touch()
    monkeypatch.setattr("headstart.engine.adapt.adapt", None)
    with pytest.raises(UserError, match=r"holds files that are not a run \(thesis\.tex\)"):
        api.adapt(data, out=tmp_path / "taken")


def test_a_ranking_prints_as_a_table(data: Dataset, tiny: PoolMember):
    board = api.rank(data, pool=[tiny.info.name.partition(":")[2]], budget="quick")
    assert board.primary == "balanced_accuracy"
    (row,) = board.rows
    assert row.probe is not None
    head, line = str(board).splitlines()
    assert head.split() == ["model", "prior", "kNN", "probe", "95%", "interval"]
    assert line.split()[:2] == [tiny.info.name, "0.500"]
    assert line.endswith(f"{row.probe.value:.3f}  {row.probe.low:.3f} to {row.probe.high:.3f}")
    name = "timm:" + "x" * 60
    two = api.Ranking(rows=(row, replace(row, model=name, knn=None, probe=None, skipped="no room")), primary="p")
    head, _, last = str(two).splitlines()
    assert last == f"{name}  0.500      -      -  no room"
    assert head.index(" prior") == len(name) + 1


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


@pytest.mark.usefixtures("tiny")
def test_adapt_refuses_wrong_names_together(data: Dataset):
    with pytest.raises(UserError) as caught:
        api.adapt(data, strategy="linear_prob", budget="soon")
    assert len(caught.value.problems) == 2
    with pytest.raises(UserError, match="Both --model test_resnet and --pool were given"):
        api.adapt(data, model="test_resnet", pool=["test_resnet"])


@pytest.mark.parametrize("verb", [api.adapt, api.rank])
def test_a_pool_is_a_list_of_names(verb: Any, data: Dataset):
    with pytest.raises(UserError, match=r"pool takes a list of names, got one str: put it in a list, \['timm:a'\]"):
        verb(data, pool="timm:a")


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


def test_few_items_mean_small_batches_and_many_epochs(data: Dataset, tiny: PoolMember):
    compared = options_of(data, Recipe()).strategies
    assert {one.schedule.batch_size for one in compared.values() if isinstance(one, InputStrategy)} == {
        InputStrategy.smallest_batch
    }


def test_models_are_listed_with_whether_they_are_here(tiny: PoolMember):
    assert api.models() == api.models("image") == ((tiny.info, True),)
    assert api.models("text") == ()
    tiny.source.stored = False  # type: ignore[attr-defined]
    assert api.models() == ((tiny.info, False),)
    assert api.pull("test_resnet") == tiny.info
    assert api.models() == ((tiny.info, True),)
    with pytest.raises(UserError, match=r"Unknown model 'test_resne'\. Did you mean 'test_resnet'\?"):
        api.pull("test_resne")


def test_pulling_gives_the_facts_that_came_with_the_files(tiny: PoolMember, monkeypatch):
    learnt = replace(tiny.info, bytes=123, licence="MIT")
    monkeypatch.setattr(tiny.source, "find", lambda identifier: learnt if tiny.source.in_store(tiny.info) else None)
    tiny.source.stored = False  # type: ignore[attr-defined]
    assert api.pull("test_resnet") == learnt


def test_strategies_have_a_name_and_a_line():
    found = dict(api.strategies())
    assert {"linear_probe", "full", "lp_ft", "scratch"} <= set(found)
    assert all(summary.strip() and "\n" not in summary for summary in found.values())


def test_there_is_no_run_to_open(tmp_path: Path):
    with pytest.raises(UserError, match="There is no folder"):
        api.open(tmp_path / "gone")


@pytest.mark.usefixtures("tiny")
def test_an_interrupted_adapt_goes_on_in_its_folder(data: Dataset, tmp_path: Path, monkeypatch):
    def stop(*arguments: Any) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("headstart.engine.final.fit_temperature", stop)
        with pytest.raises(KeyboardInterrupt):
            api.adapt(data, out=out, budget="quick", strategy="linear_probe")
    with pytest.raises(UserError, match=r"holds an unfinished run of other options \(seed 0, not 1\)\. Choose"):
        api.adapt(data, out=out, budget="quick", strategy="linear_probe", seed=1)
    told = Listener()
    api.adapt(data, out=out, budget="quick", strategy="linear_probe", progress=told)
    assert re.search(r"^Going on with the interrupted run; finished pieces of work that are kept: \d+\.$", told.said[0])
    assert not (out / "checkpoints").exists()
    assert api.open(out).classes == ("left", "right")


@pytest.mark.usefixtures("tiny")
def test_a_run_begun_on_the_command_line_goes_on_in_python(data: Dataset, tmp_path: Path, monkeypatch):
    def stop(*arguments: Any) -> None:
        raise KeyboardInterrupt

    rows = zip(data.table["item"], data.targets, strict=True)
    lines = [f"{item['path']},{data.classes[target]}" for item, target in rows]
    table, out = tmp_path / "table.csv", tmp_path / "run"
    table.write_text("\n".join(["file,kind", *lines]))
    words = ("adapt", str(table), "--out", str(out), "--budget", "quick", "--strategy", "linear_probe")
    with monkeypatch.context() as patch:
        patch.setattr("headstart.engine.final.fit_temperature", stop)
        assert main([*words, "--label", "kind"]) == 130
    found = api.load(table, label="kind")
    assert (dict(found.roles), dict(found.named)) == ({"input": "file", "label": "kind"}, {"label": "kind"})
    run = api.adapt(found, out=out, budget="quick", strategy="linear_probe")
    assert run.recipe.roles == read_recipe(out / "recipe.toml").roles == {"label": "kind"}
    assert not (out / "checkpoints").exists()


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
