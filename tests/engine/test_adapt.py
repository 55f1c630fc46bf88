"""The straight line end to end, on a toy backbone and pictures read from disk."""

from __future__ import annotations

import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core.backbone import Backbone
from headstart.core.errors import Unavailable, UserError
from headstart.core.progress import Silent
from headstart.core.training import InputStrategy, Penalty, Start
from headstart.data._load import load
from headstart.data._preview import preview
from headstart.engine import adapt as adapt_module
from headstart.engine import adapt as straight
from headstart.engine import plan, trials
from headstart.engine.adapted import Adapted
from headstart.engine.arithmetic import Arithmetic
from headstart.engine.checkpoint import checkpoint_bytes
from headstart.engine.features import Encoder
from headstart.engine.options import Options, PoolMember
from headstart.strategies.distil import Distil
from headstart.strategies.domain_coral import DomainCoral
from headstart.strategies.full import Full
from headstart.strategies.group_dro import GroupDro
from headstart.strategies.head2toe import Head2Toe
from headstart.strategies.last_blocks import LastBlocks
from headstart.strategies.linear_probe import LinearProbe
from headstart.strategies.soup import Soup
from tests.engine import toys


@pytest.fixture(autouse=True)
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folds, repeats and draws as few as the statistics bear; float32 so that runs compare bit for bit."""
    small = {
        name: replace(p, folds=3, repeats=2, curve_draws=5, scratch_passes=1.0) for name, p in plan.PRESETS.items()
    }
    monkeypatch.setattr(plan, "PRESETS", small)
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)
    monkeypatch.setattr("headstart.engine.features.settle", lambda *_: Arithmetic())


def run(data: Any, options: Options, journal: Path | None = None) -> Adapted:
    return straight.adapt(data, options, journal_folder=journal, preview=preview, progress=Silent())


def test_with_a_test_split_it_is_scored_there_and_every_answer_is_given(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    results = run(data, toys.options(tmp_path / "home")).results
    assert (results.scored_on, results.data.n_train, results.data.n_test) == ("test", 40, 20)
    assert results.scores["balanced_accuracy"].low <= results.scores["balanced_accuracy"].value
    assert [row.taken for row in results.ranking] == [True]
    assert [(row.strategy, row.chosen) for row in results.candidates] == [("linear_probe", True)]
    assert set(results.controls) == {"simple", "random_trunk", "scratch"}
    assert all(row.delta is not None for row in results.controls.values())
    assert sum(sum(row) for row in results.confusion) == 20
    assert len(results.map) == 20
    assert set(results.seconds) >= {"rank", "score", "controls", "evidence"}
    assert "balanced accuracy" in results.headline


def test_a_budget_that_was_far_too_short_is_said_to_have_been(tmp_path: Path, monkeypatch):
    data = toys.dataset(tmp_path / "d")
    said = [each for each in run(data, toys.options(tmp_path / "home", budget="1h")).results.skipped if "took" in each]
    assert said == []
    monkeypatch.setattr(straight, "OVERRUN", 0.0)
    said = [each for each in run(data, toys.options(tmp_path / "home", budget="1s")).results.skipped if "took" in each]
    assert len(said) == 1
    assert re.fullmatch(
        r"The run took \d+ s, not 1: work is cut to a budget in seconds, which is no deadline\.", said[0]
    )


def test_without_a_test_split_the_score_is_nested_and_over_all_items(tmp_path: Path):
    results = run(toys.dataset(tmp_path / "d", test=0), toys.options(tmp_path / "home")).results
    assert (results.scored_on, results.data.n_test, results.data.split) == ("cross-validation", 0, "none")
    assert sum(sum(row) for row in results.confusion) == 40
    assert all(row.score is not None for row in results.controls.values())


def test_a_rerun_gives_the_same_results_and_encodes_nothing(tmp_path: Path, monkeypatch):
    data, options = toys.dataset(tmp_path / "d"), toys.options(tmp_path / "home")
    first = run(data, options)
    computed = []
    encode = Encoder.encode

    def counting(self: Encoder, *arguments: Any, **given: Any) -> Any:
        encoded = encode(self, *arguments, **given)
        computed.append(encoded.computed)
        return encoded

    monkeypatch.setattr(Encoder, "encode", counting)
    again = run(data, options)
    assert toys.measured(first.results) == toys.measured(again.results)
    assert np.array_equal(first.head.weight, again.head.weight)
    # Training and test items of the backbone and of its random twin; those of the network trained from scratch; and
    # test items beside training items.
    assert computed == [0, 0, 0, 0, 20, 0]


@pytest.mark.parametrize("piece", ["trial", "train", "control", "refit"])
def test_killed_anywhere_it_finishes_with_the_uninterrupted_result(tmp_path: Path, monkeypatch, piece: str):
    data = toys.dataset(tmp_path / "d")
    quick = plan.PRESETS["quick"]
    monkeypatch.setattr(plan, "PRESETS", {"quick": replace(quick, passes=1e9)})
    asked = {"linear_probe": toys.LinearProbe(), "last_blocks": LastBlocks().lasting(2)}
    whole = run(data, toys.options(tmp_path / "h0", strategies=asked))
    target, after = {
        "trial": ("headstart.heads.probe.calibrate_regression", 4),
        "train": ("headstart.engine.trials.averaged", 1),
        "control": ("headstart.engine.controls.encode_once", 0),
        "refit": ("headstart.engine.final.fit_temperature", 0),
    }[piece]
    module, name = target.rsplit(".", 1)
    original, calls = getattr(__import__(module, fromlist=[name]), name), []
    kept: list[Path] = []
    under_way: dict[str, float] = {}

    def dying(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == after + 1:
            kept.extend((tmp_path / "run" / "checkpoints").glob("seconds.*.json"))
            under_way.update(*(json.loads(path.read_text()) for path in kept))
            raise KeyboardInterrupt
        return original(*arguments, **options)

    options = toys.options(tmp_path / "h1", strategies=asked)
    with monkeypatch.context() as patch:
        patch.setattr(target, dying)
        with pytest.raises(KeyboardInterrupt):
            run(data, options, tmp_path / "run" / "checkpoints")
    if piece == "train":
        assert under_way["compare strategies"] > 0  # written down while the stage was under way
    kept[0].write_text(json.dumps({stage: 1e4 + taken for stage, taken in json.loads(kept[0].read_text()).items()}))
    resumed = run(data, options, tmp_path / "run" / "checkpoints")
    assert resumed.results.seconds["rank"] > 1e4  # what the killed one took counts, too
    assert toys.measured(resumed.results) == toys.measured(whole.results)
    assert np.array_equal(resumed.head.weight, whole.head.weight)


@pytest.mark.parametrize("killed", [False, True])
def test_stored_activations_last_as_long_as_the_journal_or_else_the_run(tmp_path: Path, monkeypatch, killed: bool):
    for name, value in (("READ", math.inf), ("MEMORY", 0)):  # to disk, however little it is
        monkeypatch.setattr(f"headstart.engine.room.{name}", value)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    data, written = toys.dataset(tmp_path / "d"), []
    options = toys.options(
        tmp_path / "home", strategies={"last_blocks": LastBlocks().lasting(2)}, strategy="last_blocks"
    )
    score = straight.score

    def looking(*arguments: Any) -> Any:
        written.append(len(list(tmp_path.rglob("view */*.safetensors"))))
        if killed:
            raise KeyboardInterrupt
        return score(*arguments)

    train = "headstart.engine.trials.averaged"
    fitted = trials.averaged

    def counting(*arguments: Any, **given: Any) -> Any:
        found = fitted(*arguments, **given)
        written.append(len(list((tmp_path / "temporary").rglob("view */*.safetensors"))))
        return found

    monkeypatch.setattr(train, counting)
    monkeypatch.setattr(straight, "score", looking)
    for journal in (None, tmp_path / "run" / "checkpoints"):
        if killed:
            with pytest.raises(KeyboardInterrupt):
                run(data, options, journal)
        else:
            run(data, options, journal)
        assert not list((tmp_path / "temporary").iterdir())
    assert max(written) == 2  # two views
    assert len(list((tmp_path / "run" / "checkpoints" / "activations").rglob("*.safetensors"))) == 2


def test_a_trained_strategy_asked_for_by_name_is_refitted_on_everything(tmp_path: Path):
    adapted = run(
        toys.dataset(tmp_path / "d"),
        toys.options(tmp_path / "home", strategies={"last_blocks": LastBlocks().lasting(3)}, strategy="last_blocks"),
    )
    assert adapted.results.strategy == "last_blocks"
    pretrained = toys.ToyBackbone(toys.info(), seed=0, size=16).module.state_dict()
    trained = adapted.backbone.module.state_dict()
    assert torch.equal(pretrained["0.0.weight"], trained["0.0.weight"])
    assert not torch.equal(pretrained["2.0.weight"], trained["2.0.weight"])


def test_labels_that_held_out_models_deny_are_named(tmp_path: Path):
    data = toys.dataset(tmp_path / "d", train=80)
    for number in range(4):
        toys.picture(1, 4321 + number).save(tmp_path / "d" / "train" / "left" / f"wrong{number}.png")
    results = run(toys.load(tmp_path / "d"), toys.options(tmp_path / "home")).results
    found = next(issue for issue in results.data.issues if issue.code == "suspicious_labels")
    assert found.items
    assert all("wrong" in item for item in found.items)
    assert f"{found.count} training label" in found.message
    assert "wrong to models that have not seen the item" in found.message
    assert len(data) + 4 == results.data.n_train + results.data.n_test


def test_all_mismatches_are_reported_at_once_before_any_download(tmp_path: Path):
    source = toys.ToySource(toys.info(modality="text"), stored=False)
    options = toys.options(tmp_path, PoolMember(source=source, info=source.infos()[0]), strategies={"no": Refuses()})
    with pytest.raises(UserError) as caught:
        run(toys.dataset(tmp_path / "d"), options)
    assert len(caught.value.problems) == 2
    assert "toy:small reads texts, but 'd' holds images" in caught.value.problems[0]
    assert "Strategy 'no' cannot adapt this: Not today." in caught.value.problems[1]
    assert not source.stored
    with pytest.raises(UserError, match="No pretrained model for images was named or found"):
        run(toys.dataset(tmp_path / "d"), replace(options, pool=(), strategies={}))
    permissive = replace(options.recipe, licence="permissive")
    with pytest.raises(UserError, match="No pretrained model for images with a permissive licence was named or found"):
        run(toys.dataset(tmp_path / "d"), replace(options, recipe=permissive, pool=(), strategies={}))


def test_what_learns_from_another_model_needs_another(tmp_path: Path):
    options = toys.options(tmp_path, strategies={"distil": Distil()})
    with pytest.raises(UserError, match="Strategy 'distil' learns from a larger model, and toy:small is the only one"):
        run(toys.dataset(tmp_path / "d"), options)
    large = toys.info(name="toy:large", parameters=2000)
    both = (toys.member(), PoolMember(source=toys.ToySource(large), info=large))
    quick = toys.options(tmp_path, *both, strategies={"distil": Distil()}, budget="quick")
    with pytest.raises(UserError, match="and budget 'quick' measures one: allow more"):
        run(toys.dataset(tmp_path / "e"), quick)


class Refuses(toys.LinearProbe):
    def supports(self, info: Any, task: Any) -> str:
        return "Not today."


def test_what_cannot_be_fetched_is_left_out_unless_it_was_asked_for(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    gone = toys.info(name="toy:gone", prior=0.9)
    missing = PoolMember(source=toys.ToySource(gone, stored=False, offline=True), info=gone)
    results = run(data, toys.options(tmp_path / "home", missing, toys.member())).results
    assert results.model.name == "toy:small"
    with pytest.raises(Unavailable, match="toy:gone cannot be fetched: no network"):
        run(data, toys.options(tmp_path / "home", missing, model="toy:gone"))
    with pytest.raises(Unavailable, match="toy:gone cannot be fetched: no network"):
        run(data, toys.options(tmp_path / "home", missing))


def test_the_ranking_alone_measures_the_whole_pool(tmp_path: Path):
    rows = straight.rank_only(
        toys.dataset(tmp_path / "d"),
        toys.options(tmp_path / "home", toys.member(), toys.member(name="toy:other")),
        Silent(),
    )
    assert [row.probe is not None and row.knn is not None for row in rows] == [True, True]


def test_the_ranking_leaves_out_what_its_time_is_too_short_for(tmp_path: Path):
    members = [toys.member(name="toy:small"), toys.member(name="toy:huge", gflops=1e9, prior=0.1)]
    options = toys.options(tmp_path / "home", *members, budget="30s")
    measured, left = straight.rank_only(toys.dataset(tmp_path), options, Silent())
    assert (measured.model, measured.skipped) == ("toy:small", None)
    assert left.model == "toy:huge"
    assert left.skipped is not None
    assert left.skipped.endswith("s, too long for the budget")


@pytest.mark.parametrize(
    ("strategies", "budget", "expected"),
    [
        ({"linear_probe": LinearProbe()}, "quick", 0),
        ({"linear_probe": LinearProbe(), "full": Full()}, "quick", 0),
        ({"full": Full()}, "quick", 1),
        ({"linear_probe": LinearProbe()}, "standard", 1),
        ({"linear_probe": LinearProbe(), "full": Full()}, "standard", 1),
        ({"linear_probe": LinearProbe(), "soup": Soup()}, "standard", len(Soup().ingredients)),
    ],
)
def test_room_is_asked_for_whatever_will_be_trained(tmp_path: Path, strategies, budget, expected):
    options = toys.options(tmp_path, strategies=strategies)
    presets = {"quick": replace(plan.PRESETS["quick"], scratch_passes=0.0), "standard": plan.PRESETS["standard"]}
    found = straight._checkpoints(options, presets[budget])
    best = any(each.holds_out for each in strategies.values() if isinstance(each, InputStrategy))
    assert found == expected * checkpoint_bytes(1000, best=best)


def test_features_in_a_file_give_what_features_in_memory_give(tmp_path: Path, monkeypatch):
    data = toys.dataset(tmp_path / "d", test=0)
    in_memory = run(data, toys.options(tmp_path / "home")).results
    monkeypatch.setattr("headstart.engine.cache.HELD_BYTES", 0)
    in_a_file = run(data, toys.options(tmp_path / "home")).results
    assert toys.measured(in_a_file) == toys.measured(in_memory)


def test_many_items_are_worked_on_in_blocks_to_nearly_the_same_end(tmp_path: Path, monkeypatch):
    """Every limit from which a run is lean is brought below forty items of eight numbers."""
    data = toys.dataset(tmp_path / "d", test=0)
    usual = run(data, toys.options(tmp_path / "home")).results
    for limit, lean in {
        "headstart.engine.cache.HELD_BYTES": 0,
        "headstart.core.features.MANY_ROWS": 10,
        "headstart.core.features.MANY_VALUES": 100,
        "headstart.core.features.BLOCK_BYTES": 256,
        "headstart.engine.adapt.MANY": 40,
        "headstart.engine.outputs.MANY": 16,
        "headstart.engine.evidence.MANY": 40,
        "headstart.engine.rank.SHOWN": 30,
        "headstart.engine.final.CALIBRATED": 30,
        "headstart.engine.bootstrap.MANY": 40,
    }.items():
        monkeypatch.setattr(limit, lean)
    lean = run(data, toys.options(tmp_path / "home")).results
    assert "one pass instead of 2" in " ".join(lean.skipped)
    assert "of 40 items" in lean.ranking[0].knn.method
    assert lean.scores["log_loss"].method.startswith(("jackknife", "Wilson"))
    assert lean.scores["balanced_accuracy"].value == pytest.approx(usual.scores["balanced_accuracy"].value, abs=0.1)
    assert sum(sum(row) for row in lean.confusion) == 40


@pytest.mark.parametrize("cut", [False, True])
def test_memory_is_handed_back_however_a_run_ends(tmp_path: Path, monkeypatch, cut: bool):
    handed: list[bool] = []
    monkeypatch.setattr(adapt_module, "hand_back_memory", lambda: handed.append(True))
    if cut:
        monkeypatch.setattr(adapt_module, "gather", lambda *arguments, **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(toys.dataset(tmp_path / "d"), toys.options(tmp_path / "h"))
    else:
        run(toys.dataset(tmp_path / "d"), toys.options(tmp_path / "h"))
    assert handed == [True]


def test_a_model_that_reads_every_block_goes_all_the_way_and_its_control_too(tmp_path: Path, monkeypatch):
    read: list[str] = []
    original = toys.ToyBackbone.layered

    def layered(self: toys.ToyBackbone) -> Backbone:
        read.append(self.info.name)
        return original(self)

    monkeypatch.setattr(toys.ToyBackbone, "layered", layered)
    found = run(toys.dataset(tmp_path / "d"), toys.options(tmp_path / "h", strategies={"head2toe": Head2Toe()}))
    assert found.results.strategy == "head2toe"
    assert found.results.model.layers
    assert found.head.weight.shape == (2, 6 + 8 + 8)
    assert found.backbone.info.dim == 22
    assert len(read) == 2, "the network with random weights is read at its end only"
    assert found.results.controls["random_trunk"].detail.endswith("frozen, and head2toe on all blocks")
    with monkeypatch.context() as patch:
        patch.setattr(toys.ToyBackbone, "layered", lambda self: Backbone.layered(self) if self.seed else original(self))
        without = run(toys.dataset(tmp_path / "d"), toys.options(tmp_path / "g", strategies={"head2toe": Head2Toe()}))
    assert "can be read at its end only" in (without.results.controls["random_trunk"].skipped or "")


def sites(folder: Path) -> Any:
    """Pictures of three sites, which stand for domains."""
    for number in range(48):
        place = folder / f"site {number // 2 % 3}" / ("left", "right")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        toys.picture(number % 2, number).save(place / f"{number}.png")
    return load(folder, domain="folders")


def test_domains_are_scored_by_models_that_have_not_seen_them(tmp_path: Path):
    data = sites(tmp_path / "d")
    results = run(data, toys.options(tmp_path / "home")).results
    assert results.scored_on == "cross-validation"
    assert sorted(each.domain for each in results.by_domain) == ["site 0", "site 1", "site 2"]
    assert [each.items for each in results.by_domain] == [16, 16, 16]
    values = [each.score.value for each in results.by_domain]
    assert values == sorted(values)
    assert np.mean(values) == pytest.approx(results.scores["balanced_accuracy"].value, abs=0.05)
    assert not any("groups" in sentence for sentence in results.skipped)


@pytest.mark.parametrize("strategy", [GroupDro(), DomainCoral()])
def test_what_learns_across_domains_is_told_them(tmp_path: Path, strategy: InputStrategy):
    seen = []

    class Watching(type(strategy)):  # type: ignore[misc]
        def penalty(self, start: Start) -> Penalty | None:
            seen.append(start.domains)
            return super().penalty(start)

    data = sites(tmp_path / "d")
    asked = toys.options(tmp_path / "home", strategies={"it": Watching().lasting(1)})
    results = run(data, asked).results
    assert results.strategy == "it"
    folds = [np.unique(domains).tolist() for domains in seen[:-1]]
    assert len(folds) > 1
    assert all(each in ([0, 1], [0, 2], [1, 2]) for each in folds)
    assert len({tuple(each) for each in folds}) == len(folds)
    assert np.unique(seen[-1]).tolist() == [0, 1, 2]


def test_it_is_refused_where_the_data_name_no_domains(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    with pytest.raises(UserError) as caught:
        run(data, toys.options(tmp_path / "home", strategies={"group_dro": GroupDro()}))
    assert str(caught.value) == (
        f"Strategy 'group_dro' learns from several domains, and '{data.name}' names none: say which column holds them "
        "with --domain (domain=), or choose another strategy."
    )


def test_two_domains_are_too_few_to_learn_across(tmp_path: Path):
    sites(tmp_path / "d")
    shutil.rmtree(tmp_path / "d" / "site 2")
    data = load(tmp_path / "d", domain="folders")
    with pytest.raises(UserError) as caught:
        run(data, toys.options(tmp_path / "home", strategies={"group_dro": GroupDro()}))
    assert str(caught.value) == (
        "Strategy 'group_dro' learns from several domains, and is scored on one that it has not seen: that takes 3 to "
        "learn from, and 'd' has 2. Choose another strategy, or add domains."
    )


def test_domains_are_left_out_in_one_way(tmp_path: Path):
    data = sites(tmp_path / "d")
    asked = toys.options(tmp_path / "home")
    items = straight.items_of(data, data.split.train)
    whole, note = straight.label(data, items, asked, replace(plan.PRESETS["quick"], folds=5, repeats=4))
    assert (whole.folds.shape, note) == ((1, 48), "")
    assert whole.groups.tolist() == whole.domains.tolist()
    some, _ = straight.label(data, items, asked, replace(plan.PRESETS["quick"], folds=2, repeats=4))
    assert some.folds.shape == (4, 48)


def test_one_domain_to_test_on_is_scored_by_its_items(tmp_path: Path):
    data = sites(tmp_path / "d")
    sites(tmp_path / "e")
    shutil.rmtree(tmp_path / "e" / "site 0")
    shutil.rmtree(tmp_path / "e" / "site 1")
    (tmp_path / "e" / "site 2").rename(tmp_path / "e" / "site 9")
    shutil.rmtree(tmp_path / "d" / "site 2")
    data = load(tmp_path / "d", domain="folders", test=tmp_path / "e")
    results = run(data, toys.options(tmp_path / "home")).results
    assert [(each.domain, each.items) for each in results.by_domain] == [("site 9", 16)]
    score = results.scores["balanced_accuracy"]
    assert score.high - score.low < 0.6
    assert results.data.domain_counts == {"site 0": 16, "site 1": 16}
