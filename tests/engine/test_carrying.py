"""A model trained on towards a domain without labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.catalog import domains, validators
from headstart.core.alignment import SOURCE_ONLY
from headstart.core.backbone import Backbone
from headstart.core.dataset import Split
from headstart.domains.adabn import AdaBn
from headstart.engine import align
from headstart.engine import carrying as module
from headstart.engine.carrying import Carrying
from headstart.engine.crossing import Crossed, crossed
from headstart.engine.draws import held_out
from headstart.engine.items import Items
from headstart.engine.journal import Journal
from headstart.engine.options import Destination, Training
from headstart.engine.run import Run
from headstart.engine.trials import Contender
from tests.engine import toys
from tests.engine.fits import Chosen, same
from tests.engine.test_crossing import darker, scored, settled
from tests.engine.test_domains import preview


def training(name: str = "deep_coral") -> Training:
    method = domains.get(name)()
    return Training(name=name, method=method, strategy_name="chosen", strategy=Chosen(frozen=1))  # type: ignore[arg-type]


SEPARATE = Split(train=np.arange(1), test=np.arange(1), origin="given", separate=True)


def carried_over(
    folder: Path, journal: Journal | None = None, home: Path | None = None, count: int = 40
) -> tuple[Crossed, Run]:
    data = toys.dataset(folder / "d", train=count)
    before, run = settled(data, home or folder / "h")
    run = replace(run, journal=journal) if journal else run
    to = Destination(
        data=darker(folder / "t"), methods={}, validators=validators.create(), asked="deep_coral", training=training()
    )
    return crossed(before, run, data, to, preview), run


def test_the_body_is_another_and_the_contender_as_it_was(tmp_path: Path):
    found, _ = carried_over(tmp_path)
    before, after = found.before.model, found.settled.model
    assert (found.alignment.taken, found.alignment.reason, found.alignment.trained) == (
        "deep_coral",
        "asked for",
        "chosen",
    )
    assert (before.frozen, after.frozen) == (True, False)
    states = [model.backbone.module.state_dict() for model in (before, after)]
    assert not same(*states)
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0] if name.startswith("0."))
    pretrained = toys.member().source.load(toys.info()).module.state_dict()
    assert same(dict(states[0]), dict(pretrained))
    assert [row.method for row in found.alignment.rows] == [SOURCE_ONLY, "deep_coral"]
    assert all(set(row.values) == set(validators.names()) for row in found.alignment.rows)
    assert after.temperature > 0


def test_it_is_judged_by_a_fit_that_some_items_were_kept_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fits: list[tuple[str, np.ndarray]] = []
    fit = Carrying.fit

    def watched(self: Carrying, rows: np.ndarray, part: str) -> object:
        fits.append((part, rows))
        return fit(self, rows, part)

    monkeypatch.setattr(Carrying, "fit", watched)
    _, run = carried_over(tmp_path)
    kept, held = held_out(run.data.targets, run.data.groups, run.options.seed)
    assert [part for part, _ in fits] == ["to judge it", "all training items"]
    np.testing.assert_array_equal(fits[0][1], kept)
    assert len(held) > 0
    np.testing.assert_array_equal(fits[1][1], np.arange(len(run.data.targets)))


def test_what_it_has_brought_is_against_the_body_as_it_was(tmp_path: Path):
    found, run = carried_over(tmp_path)
    case = replace(scored(found, run, len(run.data.items)), targets=run.data.targets)
    across = found.across(case, run, SEPARATE)
    assert across.before is not None
    contender = found.settled.chosen.trial.contender
    predicted = found.before.model.head.logits(np.asarray(contender.features)).argmax(axis=1)
    hits = np.mean([(predicted == run.data.targets)[run.data.targets == each].mean() for each in (0, 1)])
    assert across.before.value == pytest.approx(hits)


def test_a_resumed_run_does_not_judge_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "one").mkdir()
    first, _ = carried_over(tmp_path / "one", Journal(tmp_path / "journal", {}), tmp_path)
    fits: list[str] = []
    fit = Carrying.fit

    def watched(self: Carrying, rows: np.ndarray, part: str) -> object:
        fits.append(part)
        return fit(self, rows, part)

    monkeypatch.setattr(module.Carrying, "fit", watched)
    (tmp_path / "two").mkdir()
    again, _ = carried_over(tmp_path / "two", Journal(tmp_path / "journal", {}), tmp_path)
    assert fits == ["all training items"]
    assert again.alignment.rows[1] == first.alignment.rows[1]
    assert same(
        dict(again.settled.model.backbone.module.state_dict()), dict(first.settled.model.backbone.module.state_dict())
    )


def test_of_many_items_those_of_every_class_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Folders come sorted by class."""
    for each in (module, align):
        monkeypatch.setattr(each, "JUDGED", 12)
    seen: list[np.ndarray] = []
    judging = module._judged

    def watched(found: object, labels: np.ndarray) -> object:
        seen.append(labels)
        return judging(found, labels)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_judged", watched)
    carried_over(tmp_path, count=120)
    assert np.bincount(seen[0]).tolist() == [6, 6]


def test_source_items_are_judged_by_statistics_of_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What `adabn` by name says of held-out source items is what it says where methods choose: far from the target's
    statistics, the source is known as well as before.
    """
    data = toys.dataset(tmp_path / "d")
    before, run = settled(data, tmp_path / "h")
    read: list[tuple[torch.Tensor, int]] = []
    encode = module.encode_once

    def watched(body: Backbone, items: Items, contender: Contender) -> object:
        read.append((body.module.state_dict()["1.1.running_mean"], len(items)))
        return encode(body, items, contender)

    monkeypatch.setattr(module, "encode_once", watched)
    to = Destination(
        data=darker(tmp_path / "t"), methods={}, validators=validators.create(), asked="adabn", alone=AdaBn()
    )
    crossed(before, run, data, to, preview)
    (source, first), (target, second) = read
    _, held = held_out(run.data.targets, run.data.groups, run.options.seed)
    assert (first, second) == (len(held), 30)
    assert not torch.allclose(source, target)
