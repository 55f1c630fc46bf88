"""The verbs end to end, over a tiny real network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas
import pytest
import torch
from PIL import Image

from headstart import api, pool
from headstart.adapting import located
from headstart.backbones._sequence_body import built_from
from headstart.backbones.local import read_exported
from headstart.bundle.recipe import read_recipe
from headstart.cli.app import main
from headstart.core.backbone import Backbone, BackboneInfo, Exported
from headstart.core.dataset import IN_MEMORY, Dataset
from headstart.core.errors import UserError
from headstart.core.recipe import Recipe
from headstart.engine import adapt as adapt_module
from headstart.engine import hearing
from headstart.engine.final import Scored
from headstart.engine.options import PoolMember
from headstart.report.json import read_results
from tests import sounds
from tests.backbones.members import CLASSES, head_for, make
from tests.backbones.tiny import config_of
from tests.engine import toys

pytestmark = pytest.mark.usefixtures("little_work", "one_thread")


def test_the_data_know_where_they_came_from(data: Dataset, tmp_path: Path, monkeypatch):
    assert (data.source, data.test_source) == (str(tmp_path / "photos"), "")
    monkeypatch.chdir(tmp_path)
    apart = api.load("photos/train", test=Path("photos/test"))
    assert (apart.source, apart.test_source) == (str(tmp_path / "photos/train"), str(tmp_path / "photos/test"))
    frame = pandas.DataFrame({"text": [f"words number {n}" for n in range(12)], "label": list("ab") * 6})
    assert (api.load(frame).source, api.load(frame).test_source) == ("", "")


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


def test_a_recipe_does_not_lose_what_came_as_an_object(data: Dataset, tiny: PoolMember, tmp_path: Path, capsys):
    rows = [{"file": str(path), "kind": path.parent.name} for path in (tmp_path / "photos" / "test").rglob("*.png")]
    both = api.load(tmp_path / "photos" / "train", test=pandas.DataFrame(rows))
    saved = api.adapt(both, out=tmp_path / "run", budget="quick", strategy="linear_probe").recipe
    assert (saved.data, saved.test) == (str(tmp_path / "photos" / "train"), IN_MEMORY)
    assert main(["adapt", str(tmp_path / "run" / "recipe.toml"), "--out", str(tmp_path / "again")]) == 2
    assert "given as an object, and no path leads to them" in " ".join(capsys.readouterr().err.split())
    target = api.load_unlabelled(tmp_path / "photos" / "test")
    found = located(Recipe(method="auto"), data, target, replace(data, source=""))
    assert (found.target, found.labelled) == (target.source, IN_MEMORY)


def test_domains_are_compared_before_anything_is_adapted(data: Dataset, tiny: PoolMember, tmp_path: Path):
    target = api.load_unlabelled(tmp_path / "photos" / "test")
    found = api.compare_domains(data, target, seed=1)
    assert (found.model, [card.second for card in found.cards]) == (
        tiny.info.name,
        ["test items", "items of the target"],
    )
    assert not found.cards[1].apart
    with pytest.raises(UserError, match=r"The target is a str, expected what headstart.load_unlabelled returns"):
        api.compare_domains(data, cast("Any", "photos/test"))


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


@pytest.mark.usefixtures("tiny")
def test_adapt_refuses_wrong_names_together(data: Dataset):
    with pytest.raises(UserError) as caught:
        api.adapt(data, strategy="linear_prob", budget="soon")
    assert len(caught.value.problems) == 2
    with pytest.raises(UserError, match="Both --model test_resnet and --pool were given"):
        api.adapt(data, model="test_resnet", pool=["test_resnet"])


def test_models_are_listed_with_whether_they_are_here(tiny: PoolMember):
    assert api.models() == api.models("image") == ((tiny.info, True),)
    assert api.models("text") == ()
    with pytest.raises(UserError, match=r"^There are no models for 'images'\. Did you mean 'image'\?$"):
        api.models("images")
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


def test_methods_have_a_name_and_a_line_and_settings():
    found = dict(api.methods())
    assert {"coral", "jdot", "dann", "adabn"} <= set(found)
    assert all(summary.strip() and "\n" not in summary for summary in found.values())
    assert "temperature" in [setting.name for setting in api.method_settings("mcc")]
    with pytest.raises(UserError, match="Unknown domain method 'corall'"):
        api.method_settings("corall")


def test_there_is_no_run_to_open(tmp_path: Path):
    with pytest.raises(UserError, match="There is no folder"):
        api.open(tmp_path / "gone")


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


def shifted_photos(folder: Path, count: int = 24) -> Path:
    """The same pictures in other light, in no folders."""
    folder.mkdir()
    for number in range(count):
        picture = toys.picture(number % 2, 5000 + number)
        Image.eval(picture, lambda level: 255 - level // 2).save(folder / f"{number}.png")
    return folder


def test_align_carries_over_or_says_why_not(data: Dataset, tiny: PoolMember, tmp_path: Path):
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    done = api.align(data, target, out=tmp_path / "run", budget="quick")
    across = done.results.across
    assert across is not None
    assert across.target.items == 24
    assert [row.method for row in across.alignment.rows] == [
        "source only",
        "entropic_ot",
        "jdot",
        "shot_im",
        "consensus",
        "adabn",
        "adabn + consensus",
    ]
    assert done.results.headline.startswith(("Adapted to 'other'", "Not adapted to 'other'"))
    assert across.difference is None  # the test items came with the source, and are of it
    assert done.results.domains[0].second == "items of the target"
    assert read_results(tmp_path / "run") == done.results
    assert read_recipe(tmp_path / "run" / "recipe.toml").target == str(tmp_path / "other")
    again = api.align(data, target, out=tmp_path / "run", recipe=done.recipe)
    assert again.results.across == across
    with pytest.raises(UserError, match="The recipe has method 'auto': give it to align, with a target"):
        api.adapt(data, recipe=done.recipe)


def test_a_way_that_is_named_is_taken_and_served(data: Dataset, tiny: PoolMember, tmp_path: Path):
    data = api.load(tmp_path / "photos" / "train", test=tmp_path / "photos" / "test")
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    plain = api.adapt(data, out=tmp_path / "plain", budget="quick", strategy="linear_probe")
    done = api.align(data, target, out=tmp_path / "run", method="linear_ot", budget="quick")
    across = done.results.across
    assert across is not None
    assert (across.alignment.taken, across.alignment.reason) == ("linear_ot", "asked for")
    assert across.difference is not None  # there is a test set of its own
    gap = done.results.scores["balanced_accuracy"].value - plain.results.scores["balanced_accuracy"].value
    assert across.difference.value == pytest.approx(gap)
    files = sorted((tmp_path / "other").glob("*.png"))[:4]
    first, second = (api.open(tmp_path / name).predict(files) for name in ("plain", "run"))
    assert any(one.probabilities != other.probabilities for one, other in zip(first, second, strict=True))


def test_a_method_that_trains_the_body_is_judged_and_served(data: Dataset, tiny: PoolMember, tmp_path: Path):
    data = api.load(tmp_path / "photos" / "train", test=tmp_path / "photos" / "test")
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    done = api.align(data, target, out=tmp_path / "run", method="deep_coral", strategy="lp_ft", budget="quick")
    results, across = done.results, done.results.across
    assert across is not None
    assert (across.alignment.taken, across.alignment.reason, across.alignment.trained) == (
        "deep_coral",
        "asked for",
        "lp_ft",
    )
    assert [row.method for row in across.alignment.rows] == ["source only", "deep_coral"]
    assert results.retention is not None  # the body is no longer what it was
    assert across.before is not None
    assert across.difference is not None
    reached = results.scores["balanced_accuracy"].value
    assert across.difference.value == pytest.approx(reached - across.before.value)
    plain = api.adapt(data, out=tmp_path / "plain", budget="quick", strategy="linear_probe")
    assert across.before.value == pytest.approx(plain.results.scores["balanced_accuracy"].value)
    assert read_results(tmp_path / "run") == results
    served = api.open(tmp_path / "run").predict([tmp_path / "photos" / "test" / "left" / "0.png"])
    assert sum(served[0].probabilities.values()) == pytest.approx(1.0)
    again = api.align(data, target, method="deep_coral", strategy="lp_ft", budget="quick").results.across
    assert again is not None
    assert again.alignment == across.alignment


def labelled_photos(folder: Path, count: int = 12, first: int = 8000) -> Path:
    """Others in the same other light, in class folders."""
    for number in range(count):
        place = folder / ("left", "right")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        light = Image.eval(toys.picture(number % 2, first + number), lambda level: 255 - level // 2)
        light.save(place / f"{number}.png")
    return folder


def test_a_few_labelled_items_say_what_ways_are_worth(data: Dataset, tiny: PoolMember, tmp_path: Path):
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    few = api.load(labelled_photos(tmp_path / "few"))
    done = api.align(data, target, labelled=few, out=tmp_path / "run", budget="quick")
    across = done.results.across
    assert across is not None
    assert across.labelled is not None
    assert across.labelled.items == 12
    assert set(across.labelled.right) == {row.method for row in across.alignment.rows}
    assert read_results(tmp_path / "run") == done.results
    recipe = read_recipe(tmp_path / "run" / "recipe.toml")
    assert recipe.labelled == str(tmp_path / "few")
    again = api.align(data, target, labelled=few, out=tmp_path / "run", recipe=done.recipe)
    assert again.results.across == across
    assert again.save(tmp_path / "copy") == tmp_path / "copy"
    with pytest.raises(UserError, match="already holds a run of other labelled items of the target"):
        api.align(data, target, out=tmp_path / "run", budget="quick")
    moved = (tmp_path / "other").rename(tmp_path / "moved")
    elsewhere = api.load_unlabelled(moved)
    found = api.align(data, elsewhere, labelled=few, out=tmp_path / "run", budget="quick").results.across
    assert found is not None
    assert found.alignment == across.alignment
    (moved / "0.png").unlink()
    with pytest.raises(UserError, match="already holds a run of another target"):
        api.align(data, api.load_unlabelled(moved), labelled=few, out=tmp_path / "run", budget="quick")


def test_a_few_labelled_items_need_not_be_what_training_items_must(data: Dataset, tiny: PoolMember, tmp_path: Path):
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    labelled_photos(tmp_path / "few", count=6)
    for path in sorted((tmp_path / "few" / "right").iterdir())[1:]:
        path.unlink()
    few = api.load_few(tmp_path / "few", like=data)
    assert (few.source, np.bincount(few.targets).tolist()) == (str(tmp_path / "few"), [3, 1])
    across = api.align(data, target, labelled=few, budget="quick").results.across
    assert across is not None
    assert across.labelled is not None
    assert across.labelled.items == 4
    (tmp_path / "few" / "right").rename(tmp_path / "apart")
    one = api.load_few(tmp_path / "few", like=data)
    assert one.classes == ("left",)
    across = api.align(data, target, labelled=one, budget="quick").results.across
    assert across is not None
    assert across.labelled is not None
    assert across.labelled.items == 3


def test_labels_of_the_target_change_nothing_but_the_choice(data: Dataset, tiny: PoolMember, tmp_path: Path):
    """Poisoned: every label is the other class's. What methods made of the target is the same to the last digit."""
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    few = api.load(labelled_photos(tmp_path / "few"))
    turned = replace(few, table=few.table.map(lambda row: {"target": 1 - row["target"]}), fingerprint="0" * 64)
    honest, poisoned = (
        api.align(data, target, labelled=each, budget="quick", seed=1).results.across for each in (few, turned)
    )
    plain = api.align(data, target, budget="quick", seed=1).results.across
    assert honest is not None
    assert poisoned is not None
    assert plain is not None
    assert honest.alignment.rows == poisoned.alignment.rows == plain.alignment.rows
    assert honest.labelled is not None
    assert poisoned.labelled is not None
    for name, interval in honest.labelled.right.items():
        assert interval.value == pytest.approx(1 - poisoned.labelled.right[name].value)


def test_labelled_items_that_do_not_go_with_the_data_are_refused(data: Dataset, tiny: PoolMember, tmp_path: Path):
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    labelled_photos(tmp_path / "few").joinpath("left").rename(tmp_path / "few" / "top")
    with pytest.raises(UserError, match=r"have classes that 'photos' does not: top\. Name them like those of the"):
        api.align(data, target, labelled=api.load(tmp_path / "few"), budget="quick")
    with pytest.raises(UserError, match="12 items of the test data are among the labelled items 'test', or copies of"):
        api.align(data, target, labelled=api.load(tmp_path / "photos" / "test"), budget="quick")
    lines = [f"sentence number {n},{'ab'[n % 2]}" for n in range(12)]
    (tmp_path / "texts.csv").write_text("\n".join(["text,label", *lines]))
    with pytest.raises(UserError, match="'photos' holds images and the labelled items 'texts' texts; give two of one"):
        api.align(data, target, labelled=api.load(tmp_path / "texts.csv"), budget="quick")
    with pytest.raises(UserError, match=r"The labelled items are a str, expected what headstart\.load returns"):
        api.align(data, target, labelled="few", budget="quick")  # type: ignore[arg-type]


def test_copies_of_test_items_are_not_chosen_by_and_are_told_in_the_target(
    data: Dataset, tiny: PoolMember, tmp_path: Path
):
    other = shifted_photos(tmp_path / "other")
    few = labelled_photos(tmp_path / "few")
    for side in ("left", "right"):
        first = sorted((tmp_path / "photos" / "test" / side).iterdir())[0]
        Image.open(first).save(few / side / "copy.bmp")
        Image.open(first).save(other / f"copy {side}.bmp")
    target = api.load_unlabelled(other)
    with pytest.raises(UserError, match="2 items of the test data are among the labelled items 'few', or copies"):
        api.align(data, target, labelled=api.load_few(few), budget="quick")
    across = api.align(data, target, method="coral", budget="quick").results.across
    assert across is not None
    (told,) = [issue for issue in across.target.issues if issue.code == "transductive"]
    assert told.message.startswith("2 of 12 test items are among the items of the target, or copies of some: they are")
    first = sorted((tmp_path / "photos" / "train" / "left").iterdir())[0]
    Image.open(first).save(other / "learnt.bmp")
    across = api.align(data, api.load_unlabelled(other), method="coral", budget="quick").results.across
    assert across is not None
    (told,) = [issue for issue in across.target.issues if issue.code == "learnt_target"]
    assert told.message.startswith("1 of 24 training items are among the items of the target, or copies of some: the")


def test_a_method_on_the_target_alone(data: Dataset, tiny: PoolMember, tmp_path: Path):
    data = api.load(tmp_path / "photos" / "train", test=tmp_path / "photos" / "test")
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    done = api.align(data, target, out=tmp_path / "run", method="adabn", budget="quick")
    across = done.results.across
    assert across is not None
    assert (across.alignment.taken, across.alignment.trained) == ("adabn", "normalisation")
    assert across.difference is not None
    assert done.results.retention is not None
    assert len(api.open(tmp_path / "run").predict([tmp_path / "photos" / "test" / "left" / "0.png"])) == 1


def test_a_method_that_cannot_change_any_model_is_refused_first(
    data: Dataset, tiny: PoolMember, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    bare = replace(tiny, info=replace(tiny.info, batch_norm=False))
    monkeypatch.setattr(pool, "known", lambda: [bare])
    with pytest.raises(UserError, match=r"Method 'adabn' cannot change this: .* has no BatchNorm, whose statistics"):
        api.align(data, target, method="adabn", budget="quick")


def test_a_recipe_for_align_has_a_method(data: Dataset, tiny: PoolMember, tmp_path: Path):
    target = api.load_unlabelled(shifted_photos(tmp_path / "other"))
    with pytest.raises(UserError, match="The recipe has no method: give it one, such as 'auto', or give the recipe to"):
        api.align(data, target, recipe=Recipe())


def test_a_target_of_another_kind_is_refused(data: Dataset, tiny: PoolMember, tmp_path: Path):
    (tmp_path / "texts.csv").write_text("text\n" + "\n".join(f"sentence number {n}" for n in range(12)))
    target = api.load_unlabelled(tmp_path / "texts.csv")
    with pytest.raises(UserError, match="'photos' holds images and the target 'texts' texts; give two of one kind"):
        api.align(data, target, budget="quick")
