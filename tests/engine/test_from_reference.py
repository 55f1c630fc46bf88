"""A finished model beside a domain without labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.core.alignment import SOURCE_ONLY
from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.data._load_few import load_few
from headstart.engine.align import Means, Source, tried_out
from headstart.engine.draws import one_of_each
from headstart.engine.from_reference import CarriedOver, Finished, carry_over
from headstart.engine.items import items_of
from headstart.engine.options import Destination
from headstart.engine.reference import kept
from headstart.engine.run import Run
from headstart.heads.balanced import balanced_accuracy
from headstart.heads.soft import fit_soft
from tests.engine import toys
from tests.engine.test_crossing import darker, settled, to
from tests.engine.test_domains import preview


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


def finished(folder: Path) -> tuple[Finished, Run]:
    before, run = settled(toys.dataset(folder / "d"), folder / "h")
    reference, model = kept(before, None, run, carried=False), before.model
    assert reference is not None
    return (
        Finished(
            backbone=model.backbone,
            head=model.head,
            temperature=model.temperature,
            arithmetic=model.arithmetic.note(),
            reference=reference,
            task=run.data.task,
        ),
        run,
    )


def carried(model: Finished, there: Destination, folder: Path, test=None) -> CarriedOver:
    return carry_over(model, there, test, home=folder / "h", preview=preview, seed=0, progress=Silent())


def few(folder: Path, count: int = 12):
    for number in range(count):
        side = folder / ("left", "right")[number % 2]
        side.mkdir(parents=True, exist_ok=True)
        toys.picture(number % 2, 9000 + number).save(side / f"{number}.png")
    return load_few(folder)


def test_a_way_by_name_is_fitted_to_what_the_model_keeps(tmp_path: Path):
    model, run = finished(tmp_path)
    target = darker(tmp_path / "t")
    there = to(target, "coral")
    found = carried(model, there, tmp_path)
    alignment = found.across.alignment
    assert (alignment.taken, alignment.reason, alignment.trained) == ("coral", "asked for", "")
    assert (found.across.before, found.across.difference, found.across.labelled) == (None, None, None)
    assert (found.across.target.name, found.across.target.items) == (target.name, 30)
    assert (found.card.first, found.card.second) == ("training items", "items of the target")
    assert next(each.name for each in found.card.differing) == "brightness"
    assert found.card.blocks == ()
    assert found.card.farthest[0].text == "(24, 24)"
    reference = model.reference
    assert reference.targets is not None
    source = Source(
        features=reference.features,
        targets=reference.targets,
        groups=np.arange(len(reference.targets)),
        outputs=2,
    )
    rows = toys.contender(run).encoder.encode(items_of(target, one_of_each(target.groups, 0)), "all").features
    means = Means(methods=there.methods, validators=there.validators, fit=fit_soft, asked="coral")
    expected = tried_out(source, np.asarray(rows), means, seed=0, progress=Silent()).head("coral")
    np.testing.assert_allclose(found.head.weight * model.temperature, expected.weight, rtol=1e-5, atol=1e-7)


def test_the_guard_may_keep_the_head_there_was(tmp_path: Path):
    model, _ = finished(tmp_path)
    same = toys.dataset(tmp_path / "same", train=30, test=0)
    target = darker(tmp_path / "t")
    target = replace(target, table=same.table.remove_columns("target"), groups=np.arange(len(same)))
    found = carried(model, to(target), tmp_path, few(tmp_path / "few"))
    assert (found.across.alignment.taken, found.across.alignment.reason) == (SOURCE_ONLY, "same domain")
    assert found.head is model.head
    assert found.across.difference is None


def test_test_items_of_the_target_say_what_was_gained(tmp_path: Path):
    model, run = finished(tmp_path)
    test = few(tmp_path / "few")
    found = carried(model, to(darker(tmp_path / "t"), "coral"), tmp_path, test)
    across = found.across
    assert across.before is not None
    assert across.difference is not None
    rows = np.asarray(toys.contender(run).encoder.encode(items_of(test, np.arange(12)), "all").features)
    before, now = (balanced_accuracy(head.logits(rows), test.targets) for head in (model.head, found.head))
    assert across.before.value == pytest.approx(before)
    assert across.difference.value == pytest.approx(now - before)


def test_labelled_items_have_the_last_word(tmp_path: Path):
    model, _ = finished(tmp_path)
    there = replace(to(darker(tmp_path / "t")), labelled=few(tmp_path / "few"))
    record = carried(model, there, tmp_path).across.labelled
    assert record is not None
    assert record.items == 12
    assert set(record.right) == {SOURCE_ONLY, "jdot", "shot_im", "consensus"}


def test_too_few_items_of_the_target_are_refused(tmp_path: Path):
    model, _ = finished(tmp_path)
    with pytest.raises(UserError, match="takes 10 independent items of each at least"):
        carried(model, to(darker(tmp_path / "t", 6)), tmp_path)
