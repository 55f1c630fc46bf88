"""A settled model beside a domain without labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from headstart.catalog import domains, validators
from headstart.core.alignment import CONSENSUS, OWN, OWN_CONSENSUS, SOURCE_ONLY, Alignment
from headstart.core.dataset import Dataset, Unlabelled
from headstart.core.errors import UserError
from headstart.data._load_unlabelled import load_unlabelled
from headstart.domains.adabn import AdaBn
from headstart.engine import crossing
from headstart.engine.adapt import label
from headstart.engine.align import decided
from headstart.engine.contest import Contest
from headstart.engine.crossing import Crossed, crossed
from headstart.engine.few import Few
from headstart.engine.final import Scored, Settled, settle
from headstart.engine.items import items_of
from headstart.engine.options import Destination
from headstart.engine.outputs import probabilities_of
from headstart.engine.run import Run
from headstart.engine.trials import try_features
from headstart.strategies.linear_probe import LinearProbe
from tests.engine import toys
from tests.engine.fits import same
from tests.engine.test_domains import preview


def settled(data: Dataset, home: Path) -> tuple[Settled, Run]:
    run = toys.run(home)
    labelled, _ = label(data, items_of(data, data.split.train), run.options, run.plan)
    run = replace(run, data=labelled)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    return settle(Contest(trials=(trial,), skipped=()), run), run


def darker(folder: Path, count: int = 30) -> Unlabelled:
    folder.mkdir()
    for number in range(count):
        Image.eval(toys.picture(number % 2, 7000 + number), lambda level: level // 3).save(folder / f"{number}.png")
    return load_unlabelled(folder)


def to(data: Unlabelled, asked: str | None = None) -> Destination:
    names = [asked] if asked else ["jdot", "shot_im"]
    return Destination(
        data=data,
        methods={name: domains.get(name)() for name in names},  # type: ignore[misc]
        validators=validators.create(),
        asked=asked,
    )


def scored(found: Crossed, run: Run, count: int = 20) -> Scored:
    random = np.random.default_rng(0)
    features, targets = random.normal(size=(count, 8)), np.arange(count) % 2
    probabilities = probabilities_of(found.settled.model.head.logits(features), run.data.task)
    return Scored(
        on="test", items=run.data.items, ids=[], targets=targets, groups=np.arange(count),
        ties=np.arange(count), domains=None, features=features, probabilities=probabilities, scores={},
    )  # fmt: skip


def test_a_way_by_name_gives_another_head_and_nothing_else(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    found = crossed(before, run, data, to(darker(tmp_path / "t"), "coral"), preview)
    assert found.alignment.taken == "coral"
    assert found.before is before
    assert not np.allclose(found.settled.model.head.weight, before.model.head.weight)
    assert found.settled.model.backbone is before.model.backbone
    assert found.settled.chosen is before.chosen
    assert (found.card.first, found.card.second) == ("training items", "items of the target")
    assert (found.target.name, found.target.items, found.target.independent) == ("t", 30, 30)


def test_statistics_of_each_domains_own_stand_beside_the_other_ways(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    kept = {name: tensor.clone() for name, tensor in before.model.backbone.module.state_dict().items()}
    found = crossed(before, run, data, replace(to(darker(tmp_path / "t")), alone=AdaBn()), preview)
    assert [row.method for row in found.alignment.rows] == [
        SOURCE_ONLY,
        "jdot",
        "shot_im",
        CONSENSUS,
        OWN,
        OWN_CONSENSUS,
    ]
    own = found.alignment.taken in (OWN, OWN_CONSENSUS)
    assert found.alignment.trained == ("normalisation" if own else "")
    assert found.settled.model.frozen is not own
    assert same(kept, dict(before.model.backbone.module.state_dict()))


def test_models_by_own_statistics_are_the_head_on_such_a_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Taken in any case, it classifies the darker pictures by their own statistics."""
    monkeypatch.setattr(
        crossing, "decided", lambda tried, means, seed: replace(decided(tried, means, seed=seed), taken=OWN)
    )
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    found = crossed(before, run, data, replace(to(darker(tmp_path / "t")), alone=AdaBn()), preview)
    assert found.alignment.trained == "normalisation"
    model = found.settled.model
    assert not model.frozen
    states = [one.backbone.module.state_dict() for one in (before.model, model)]
    assert not torch.equal(states[0]["1.1.running_mean"], states[1]["1.1.running_mean"])
    assert torch.equal(states[0]["1.1.weight"], states[1]["1.1.weight"])


@pytest.mark.parametrize(("guarded", "labelled", "trained"), [(OWN, "jdot", ""), ("jdot", OWN, "normalisation")])
def test_what_was_changed_is_told_of_what_the_labels_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, guarded: str, labelled: str, trained: str
):
    monkeypatch.setattr(
        crossing, "decided", lambda tried, means, seed: replace(decided(tried, means, seed=seed), taken=guarded)
    )
    asked: list[set[str]] = []

    def choosing(alignment: Alignment, logits: dict[str, np.ndarray], few: Few, task: object) -> tuple[Alignment, None]:
        asked.append(set(logits))
        assert all(each.shape == (20, 2) for each in logits.values())
        return replace(alignment, taken=labelled), None

    monkeypatch.setattr(crossing, "chosen", choosing)
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    place = replace(
        to(darker(tmp_path / "t")), alone=AdaBn(), labelled=toys.dataset(tmp_path / "few", train=20, test=0)
    )
    found = crossed(before, run, data, place, preview)
    assert asked == [{SOURCE_ONLY, "jdot", "shot_im", CONSENSUS, OWN, OWN_CONSENSUS}]
    assert (found.alignment.taken, found.alignment.trained) == (labelled, trained)
    assert found.settled.model.frozen is (trained == "")


def test_bodies_without_batch_norm_have_no_statistics(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    refusing = AdaBn()
    trial = before.chosen.trial
    bare = replace(trial.contender.backbone.info, batch_norm=False)
    trial.contender.backbone.info = bare
    found = crossed(before, run, data, replace(to(darker(tmp_path / "t")), alone=refusing), preview)
    assert OWN not in [row.method for row in found.alignment.rows]


def test_a_target_of_the_same_domain_leaves_the_model_as_it_was(tmp_path: Path):
    data = toys.dataset(tmp_path / "d", train=60)
    (tmp_path / "t").mkdir()
    for number in range(60):
        toys.picture(number % 2, 9000 + number).save(tmp_path / "t" / f"{number}.png")
    before, run = settled(data, tmp_path / "h")
    found = crossed(before, run, data, to(load_unlabelled(tmp_path / "t")), preview)
    assert (found.alignment.taken, found.alignment.reason) == (SOURCE_ONLY, "same domain")
    assert found.settled.model is before.model
    across = found.across(scored(found, run), run, replace(data.split, separate=True))
    assert across.before is None
    assert across.difference is None


def test_what_it_has_brought_is_paired_on_the_test_items(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    found = crossed(before, run, data, to(darker(tmp_path / "t"), "coral"), preview)
    case = scored(found, run)
    across = found.across(case, run, replace(data.split, separate=True))
    assert across.before is not None
    assert across.difference is not None
    hits = [
        np.mean([(chances.argmax(axis=1) == case.targets)[case.targets == each].mean() for each in (0, 1)])
        for chances in (case.probabilities, found.before.model.head.logits(np.asarray(case.features)))
    ]
    assert across.before.value == pytest.approx(hits[1])
    assert across.difference.value == pytest.approx(hits[0] - hits[1])


def test_test_items_of_the_source_say_nothing_of_the_target(tmp_path: Path):
    """A fifth that was held out, or a folder ``test`` beside the training items: the model is told as it was before."""
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    found = crossed(before, run, data, to(darker(tmp_path / "t"), "coral"), preview)
    for split in (data.split, replace(data.split, origin="made")):
        assert not split.separate
        assert found.scored(split) is before
        across = found.across(scored(found, run), run, split)
        assert (across.before, across.difference) == (None, None)
    assert found.scored(replace(data.split, separate=True)) is found.settled


def test_a_body_that_was_trained_is_refused(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    trained = replace(before, model=replace(before.model, frozen=False))
    with pytest.raises(UserError, match="Ways across start from frozen features, and strategy 'linear_probe' trains"):
        crossed(trained, run, data, to(darker(tmp_path / "t")), preview)


def test_too_few_items_of_the_target_are_told(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    with pytest.raises(UserError, match="takes 10 independent items of each at least"):
        crossed(before, run, data, to(darker(tmp_path / "t", 4)), preview)
