from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.core.two_stream import DeepMethod, DomainBatch, Epochs, Objective
from headstart.domains.dann import Dann
from headstart.engine.examples import Settings
from headstart.engine.fitting import Fitted
from headstart.engine.loop import Diverged
from headstart.engine.options import Training
from headstart.engine.supervised import fit
from headstart.engine.two_stream import Target, TwoStream, fit_across
from headstart.heads.spread import spread
from tests.engine import toys
from tests.engine.fits import Chosen, backbone, head, same, state
from tests.engine.test_loop import killed_after


@dataclass(frozen=True, kw_only=True)
class Watching(DeepMethod):
    """Adds nothing, and keeps what it is shown."""

    summary: ClassVar[str] = "for tests"
    epochs: Epochs = 3

    def objective(self, head: LinearHead) -> Objective:
        return Watcher(head)


class Watcher(Objective):
    seen: ClassVar[list[DomainBatch]] = []
    heads: ClassVar[list[LinearHead]] = []
    factor: ClassVar[float] = 0.0

    def __init__(self, head: LinearHead) -> None:
        self.seen.clear()
        self.heads[:] = [head]

    def loss(self, batch: DomainBatch) -> torch.Tensor:
        self.seen.append(batch)
        return self.factor * batch.target.features.sum()


def training(method: DeepMethod, strategy: Chosen) -> Training:
    return Training(name="watching", method=method, strategy_name="chosen", strategy=strategy)


def target(strategy: Chosen, count: int = 24) -> Target:
    """Other pictures of the same kind, darker."""
    pictures = [
        Image.eval(toys.picture(number % 2, 5000 + number), lambda level: level // 2) for number in range(count)
    ]
    boundary = strategy.prepare(backbone()).frozen_blocks
    return Target(inputs=toys.inputs(backbone(), boundary, toys.items_of(pictures)), rows=np.arange(count))


def run(
    method: DeepMethod,
    strategy: Chosen | None = None,
    count: int = 40,
    others: int = 24,
    *,
    start: LinearHead | None = None,
    **changes: object,
) -> Fitted:
    strategy, settings = strategy or Chosen(), replace(Settings(seed=3), **changes)
    given = toys.examples(strategy, backbone(), count)
    return fit_across(
        training(method, strategy),
        backbone(),
        start or head(),
        given,
        target(strategy, others),
        settings,
        progress=Silent(),
    )


def test_what_adds_nothing_is_training_on_the_source_alone():
    strategy = Chosen(frozen=1)
    alone = fit(strategy, backbone(), head(), toys.examples(strategy, backbone()), Settings(seed=3), progress=Silent())
    assert alone.losses[0] == pytest.approx(run(Watching(), strategy).losses[0], rel=1e-3)


@pytest.mark.parametrize(("count", "others"), [(40, 24), (24, 40), (40, 3)])
def test_an_epoch_shows_all_of_the_larger_side_and_the_other_as_often_as_it_takes(count: int, others: int):
    strategy = replace(Chosen(frozen=0), schedule=replace(Chosen().schedule, epochs=1))
    run(Watching(), strategy, count, others)
    assert len(Watcher.seen) == 5
    for size, side in ((count, "source"), (others, "target")):
        shown = sum(len(getattr(batch, side).features) for batch in Watcher.seen)
        assert shown == (40 if size == 40 else pytest.approx(5 * min(8, size), abs=8))
    assert [batch.progress for batch in Watcher.seen] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])


def test_labels_are_those_of_the_items_beside_them():
    """Left and right halves differ in brightness, so that the body's features tell what label is meant."""
    strategy = replace(Chosen(frozen=0), schedule=replace(Chosen().schedule, epochs=1, rate_scale=0.0))
    given = toys.examples(strategy, backbone())
    settings = Settings(seed=3)
    fit_across(training(Watching(), strategy), backbone(), head(), given, target(strategy), settings, progress=Silent())
    rows = [
        int(chosen) for positions, _ in given.inputs.epoch(given.rows, seed=3, epoch=0, size=8) for chosen in positions
    ]
    labels = torch.cat([batch.labels for batch in Watcher.seen]).tolist()
    assert labels == given.targets[rows].tolist()


def test_features_come_in_units_of_the_sources_spread_and_so_does_the_head():
    strategy = replace(Chosen(frozen=1), schedule=replace(Chosen().schedule, epochs=1, rate_scale=0.0, batch_size=40))
    given = toys.examples(strategy, backbone())
    start = LinearHead(weight=np.arange(16.0).reshape(2, 8), bias=np.array([1.0, 2.0]))
    settings = Settings(seed=3)
    fit_across(training(Watching(), strategy), backbone(), start, given, target(strategy), settings, progress=Silent())
    (batch,), (told,) = Watcher.seen, Watcher.heads
    unit = spread(np.asarray(given.features))
    assert batch.source.features.mean().item() == pytest.approx(np.mean(given.features) / unit, rel=0.1)  # dropout
    logits = batch.target.features.double() @ torch.from_numpy(told.weight).T + torch.from_numpy(told.bias)
    torch.testing.assert_close(logits, batch.target.logits.double(), atol=1e-4, rtol=1e-4)


def test_labels_of_the_target_cannot_reach_the_loop():
    """A target is items and nothing else; what they are labelled has nowhere to go."""
    assert set(Target.__dataclass_fields__) == {"inputs", "rows"}
    with pytest.raises(TypeError, match="unexpected keyword argument 'targets'"):
        Target(inputs=target(Chosen()).inputs, rows=np.arange(3), targets=np.zeros(3))  # type: ignore[call-arg]


def test_killed_after_any_epoch_it_resumes_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    strategy = Chosen(frozen=1).lasting(4)
    whole = run(Dann(), strategy)
    for survived in (1, 2, 3):
        path = tmp_path / f"{survived}.safetensors"
        with killed_after(survived, monkeypatch):
            run(Dann(), strategy, checkpoint=path)
        resumed = run(Dann(), strategy, checkpoint=path)
        assert same(state(whole), state(resumed))
        assert resumed.losses == whole.losses


def test_frozen_parameters_and_buffers_are_bit_identical_and_the_rest_moves():
    before, after = backbone().module.state_dict(), run(Dann(), Chosen(frozen=1)).backbone.module.state_dict()
    frozen = [name for name in before if name.startswith("0.")]
    assert len(frozen) == 7
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not torch.equal(before["1.0.weight"], after["1.0.weight"])
    assert torch.equal(before["1.1.running_mean"], after["1.1.running_mean"])


def test_what_is_no_number_never_reaches_the_method(monkeypatch: pytest.MonkeyPatch):
    exploding = replace(Chosen(frozen=0), schedule=replace(Chosen().schedule, rate_scale=1e30, warmup_steps=0))
    with pytest.raises(Diverged):
        run(Watching(), exploding)
    assert all(torch.isfinite(batch.target.features).all() for batch in Watcher.seen)


def test_balanced_streams_draw_classes_alike():
    strategy = Chosen(frozen=0)
    given = toys.examples(strategy, backbone())
    few = replace(given, rows=np.arange(40), targets=np.array([0] * 35 + [1] * 5))
    schedule = replace(strategy.schedule, balanced=True)
    course = TwoStream(few, target(strategy), Watcher(head()), schedule, Settings(seed=0), unit=1.0)
    labels = np.concatenate([few.targets[chosen.numpy()] for chosen, _, _ in course.batches(0)])
    assert np.bincount(labels).tolist() == [20, 20]
