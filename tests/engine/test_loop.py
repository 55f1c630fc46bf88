from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from safetensors import safe_open

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.core.training import Penalty, Seen, Start
from headstart.engine import checkpoint, loop
from headstart.engine.blend import Blend
from headstart.engine.examples import Examples, Settings
from headstart.engine.freeze import training_mode
from headstart.engine.inputs import mixed
from headstart.engine.loop import Diverged
from headstart.engine.supervised import fit
from tests.engine import toys
from tests.engine.fits import Chosen, backbone, head, run, same, state
from tests.listening import Listener


@contextmanager
def killed_after(epochs: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that dies as soon as the state after so many epochs is written."""
    save, saved = loop.save_checkpoint, list[int]()

    def dying(*given: Any) -> None:
        save(*given)
        saved.append(1)
        if len(saved) == epochs:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_checkpoint", dying)
        patch.setattr(checkpoint, "UNFELT", math.inf)  # every state is kept, however slow the disk
        with pytest.raises(KeyboardInterrupt):
            yield


@pytest.mark.parametrize("frozen", [0, 1])
def test_killed_after_any_epoch_it_resumes_to_the_same_weights(tmp_path: Path, monkeypatch, frozen: int):
    strategy = Chosen(frozen=frozen).lasting(4)
    whole = run(strategy)
    for survived in (1, 2, 3):
        path = tmp_path / f"{frozen}-{survived}.safetensors"
        with killed_after(survived, monkeypatch):
            run(strategy, checkpoint=path)
        resumed = run(strategy, checkpoint=path)
        assert same(state(whole), state(resumed))
        assert resumed.losses == whole.losses


def test_states_that_take_long_to_keep_are_kept_rarely_and_the_last_where_it_is_asked_for(tmp_path: Path, monkeypatch):
    now, saved = [0.0], list[int]()

    def slow(path: Path, model: Any, optimizer: Any, reached: checkpoint.Reached, frozen: Any) -> None:
        now[0] += 1.1
        saved.append(reached.epochs)

    class Aging(checkpoint.Spacing):
        def __init__(self) -> None:
            super().__init__(lambda: now[0])

        def due(self) -> bool:
            now[0] += 2.0  # what an epoch takes
            return super().due()

    monkeypatch.setattr(loop, "save_checkpoint", slow)
    monkeypatch.setattr(loop, "Spacing", Aging)
    for kept in (False, True):
        saved.clear()
        run(Chosen().lasting(12), checkpoint=tmp_path / "c", kept=kept)
        assert saved == [1, 7, *([12] if kept else [])]  # eleven seconds after the one before


def test_checkpoints_hold_what_is_trained_and_no_more(tmp_path: Path):
    path = tmp_path / "checkpoint.safetensors"
    run(Chosen(frozen=1), checkpoint=path)
    with safe_open(path, framework="pt") as file:
        kept = {name.removeprefix("model.body.") for name in file.keys() if name.startswith("model.body.")}  # noqa: SIM118
    assert kept == {name for name in backbone().module.state_dict() if not name.startswith("0.")}


def test_a_damaged_checkpoint_means_starting_over(tmp_path: Path):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"\x10\x00")
    assert same(state(run(Chosen(), checkpoint=path)), state(run(Chosen())))


def test_divergence_at_every_rate_names_the_epoch_and_the_last_rate():
    exploding = replace(Chosen(frozen=0), schedule=replace(Chosen().schedule, rate_scale=1e30, warmup_steps=0))
    with pytest.raises(Diverged, match=r"diverged in epoch 1 .*, also at a learning rate of 2.7e\+26: .* another str"):
        run(exploding)


class Spoilt(Examples):
    """Whose loss is no number in step ``at``, the first time round; five steps are an epoch."""

    at: ClassVar[int] = 8
    steps: ClassVar[int] = 0
    factor: ClassVar[float] = torch.nan

    def loss(self, logits: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
        Spoilt.steps += 1
        return super().loss(logits, targets, smoothing) * (self.factor if Spoilt.steps == self.at else 1.0)


def spoilt(strategy: Chosen, at: int, factor: float = torch.nan) -> Examples:
    given = toys.examples(strategy, backbone())
    Spoilt.at, Spoilt.steps, Spoilt.factor = at, 0, factor
    return Spoilt(**{name: getattr(given, name) for name in given.__dataclass_fields__})


def calmer(strategy: Chosen, **changes: object) -> dict[str, torch.Tensor]:
    """Of a fit at the lower rate from the very start."""
    slower = replace(strategy.schedule, rate_scale=strategy.schedule.rate_scale * loop.CALMER)
    return state(run(replace(strategy, schedule=slower), **changes))


@pytest.mark.parametrize("at", [1, 8, 15])
@pytest.mark.parametrize("batch_statistics", [False, True])
def test_a_loss_that_is_no_number_starts_it_over_in_smaller_steps(tmp_path: Path, at: int, batch_statistics: bool):
    strategy, heard = Chosen(frozen=0, batch_statistics=batch_statistics), Listener()
    settings = Settings(seed=3, checkpoint=tmp_path / "c")
    fitted = fit(strategy, backbone(), head(), spoilt(strategy, at), settings, progress=heard)
    assert same(state(fitted), calmer(strategy))
    epoch = (at + 4) // 5
    assert heard.said == [f"The loss stopped being a number in epoch {epoch}: starting over at 0.3 of the rate."]
    # What a killed run goes on with is of the lower rate, too.
    again = fit(strategy, backbone(), head(), toys.examples(strategy, backbone()), settings, progress=Silent())
    assert same(state(fitted), state(again))


def test_a_gradient_that_is_no_number_is_no_step_even_in_the_last():
    strategy = Chosen(frozen=0)
    examples = spoilt(strategy, 15, factor=3e38)  # the loss is a number, its gradient is not
    fitted = fit(strategy, backbone(), head(), examples, Settings(seed=3), progress=Silent())
    assert same(state(fitted), calmer(strategy))


class Burdened(Chosen):
    """With a penalty that cannot bear what is no number."""

    def penalty(self, start: Start) -> Penalty:
        return Fussy()


class Fussy(Penalty):
    def loss(self, seen: Seen) -> torch.Tensor:
        assert torch.isfinite(seen.features).all()
        return 0.0 * seen.features.sum()


def test_a_penalty_is_not_asked_about_what_is_no_number():
    exploding = replace(Burdened(frozen=0), schedule=replace(Chosen().schedule, rate_scale=1e30, warmup_steps=0))
    with pytest.raises(Diverged):
        run(exploding)


class Accompanied(Chosen):
    """With a layer that is trained beside body and head, on the outputs of two boundaries."""

    def penalty(self, start: Start) -> Penalty:
        return Company(start)


class Company(Penalty):
    watched = (2, 3)

    def __init__(self, start: Start) -> None:
        torch.manual_seed(5)
        self.module = torch.nn.Linear(8, 2)
        self.start = start

    def loss(self, seen: Seen) -> torch.Tensor:
        middle, last = seen.maps
        assert middle.values.shape[2] == last.values.shape[2] == 8
        pooled = (last.values * last.weights[:, :, None]).sum(dim=1)
        torch.testing.assert_close(pooled, seen.features, atol=1e-5, rtol=1e-4)
        assert seen.labels.sum(dim=1).allclose(torch.ones(len(seen.features)))
        return torch.nn.functional.cross_entropy(self.module(pooled), seen.labels)


@pytest.mark.parametrize("changes", [{}, {"mixup": 0.5}], ids=str)
def test_what_is_trained_beside_is_resumed_and_no_part_of_the_result(tmp_path: Path, monkeypatch, changes):
    strategy = replace(Accompanied(frozen=1), schedule=replace(Chosen().schedule, **changes))
    whole = run(strategy)
    assert not same(state(whole), state(run(scheduled(1, **changes))))
    assert state(whole).keys() == state(run(Chosen())).keys()
    path = tmp_path / "checkpoint"
    with killed_after(1, monkeypatch):
        run(strategy, checkpoint=path)
    with safe_open(path, framework="pt") as file:
        assert {"model.beside.weight", "model.beside.bias"} <= set(file.keys())
    assert same(state(whole), state(run(strategy, checkpoint=path)))


def test_a_fit_begins_with_what_is_known_of_its_items():
    known: list[Start] = []

    class Asking(Chosen):
        def penalty(self, start: Start) -> None:
            known.append(start)

    strategy = Asking(frozen=0)
    given = toys.examples(strategy, backbone())
    fit(strategy, backbone(), head(), given, Settings(seed=3), progress=Silent())
    (begun,) = known
    assert begun.source.module is not begun.trained.module
    assert begun.features is given.features
    assert begun.classifier is given.classifier
    batch, targets = begun.look(10)
    assert len(targets) == len(batch["pixel_values"]) == 10
    assert np.bincount(targets).tolist() == [5, 5]


def test_a_last_batch_of_one_joins_its_neighbour_and_a_batch_may_exceed_the_data():
    run(Chosen(frozen=0, batch_statistics=True), 17)  # 8 + 8 + 1: BatchNorm would refuse the last
    run(Chosen(frozen=0, batch_statistics=True), 6)


def test_views_change_what_is_seen():
    seen = replace(Chosen(frozen=1), schedule=replace(Chosen().schedule, augment="mild"))
    assert run(seen).losses != run(Chosen(frozen=1)).losses


def test_it_learns_and_equal_seeds_give_equal_weights():
    strategy = Chosen(frozen=0, batch_statistics=True)
    strategy = strategy.lasting(15)
    first, second = run(strategy), run(strategy)
    assert first.losses[-1] < 0.5 * first.losses[0]
    assert same(state(first), state(second))
    assert not same(state(first), state(run(strategy, seed=4)))


def scheduled(frozen: int = 1, **changes: Any) -> Chosen:
    return replace(Chosen(frozen=frozen), schedule=replace(Chosen().schedule, **changes))


@pytest.mark.parametrize("habit", [{"smoothing": 0.1}, {"mixup": 0.4}, {"balanced": True}], ids=str)
@pytest.mark.parametrize("frozen", [0, 1])
def test_habits_change_training_and_are_functions_of_the_seed(tmp_path: Path, habit: dict[str, Any], frozen: int):
    strategy = scheduled(frozen, **habit)
    first = run(strategy)
    assert same(state(first), state(run(strategy)))
    assert not same(state(first), state(run(scheduled(frozen))))


def test_smoothing_keeps_the_weights_of_the_head_small():
    plain, smooth = (run(scheduled(epochs=20, smoothing=share)).head.weight for share in (0.0, 0.4))
    assert np.abs(smooth).max() < np.abs(plain).max()


def test_a_blended_batch_has_the_loss_of_both_targets():
    """With no change to the weights, the mean loss of an epoch is that of the blends, computed here one by one."""
    strategy = scheduled(0, epochs=1, mixup=0.7, rate_scale=0.0, batch_size=40)
    start = LinearHead(weight=np.arange(16.0).reshape(2, 8) / 16, bias=np.array([0.3, -0.1]))
    given = toys.examples(strategy, backbone())
    fitted = fit(strategy, backbone(), start, given, Settings(seed=3), progress=Silent())
    torch.manual_seed(mixed(3, 0))
    blend = Blend.drawn(0.7, 40)
    ((chosen, batch),) = given.inputs.epoch(given.rows, seed=3, epoch=0, size=40)
    body = backbone()
    training_mode(body, frozenset(name for name, _ in body.module.named_parameters()), strategy.prepare(body))
    with torch.no_grad():
        features = body.encode({name: blend.of(tensor) for name, tensor in batch.items()})
    logits = features.double() @ torch.from_numpy(start.weight).T + torch.from_numpy(start.bias)
    targets = torch.from_numpy(given.targets)[chosen]
    losses = [torch.nn.functional.cross_entropy(logits, each) for each in (targets, targets[blend.partner])]
    expected = blend.share * losses[0] + (1 - blend.share) * losses[1]
    assert fitted.losses[0] == pytest.approx(float(expected), abs=1e-4)


def held(strategy: Chosen, **changes: Any) -> Examples:
    """The first 30 items to train on, the others held out."""
    given = toys.examples(strategy, backbone())
    rows = np.arange(40)
    changes = {"held_rows": rows[30:], "held_targets": given.targets[30:], **changes}
    return replace(given, rows=rows[:30], targets=given.targets[:30], **changes)


def test_patience_ends_training_and_the_best_weights_are_the_result(monkeypatch: pytest.MonkeyPatch):
    strategy, seen = scheduled(epochs=9, patience=2), list[int]()
    scores = [0.9, 0.5, 0.7, 0.6, 0.1]
    monkeypatch.setattr(Examples, "held_loss", lambda self, logits: scores[len(seen) - 1])
    epoch = loop.Loop._epoch

    def counted(self: loop.Loop, *given: Any) -> float:
        seen.append(1)
        return epoch(self, *given)

    monkeypatch.setattr(loop.Loop, "_epoch", counted)
    fitted = fit(strategy, backbone(), head(), held(strategy), Settings(seed=3), progress=Silent())
    assert len(fitted.losses) == 4  # the second epoch is the best, two more do not better it
    scores[:] = [0.9, 0.5, *[0.7] * 7]
    seen.clear()
    all_of_them = replace(strategy, schedule=replace(strategy.schedule, patience=9))
    longer = fit(all_of_them, backbone(), head(), held(strategy), Settings(seed=3), progress=Silent())
    assert len(longer.losses) == 9
    assert same(state(fitted), state(longer))


def test_what_is_held_out_is_not_trained_on(monkeypatch: pytest.MonkeyPatch):
    strategy, asked = scheduled(epochs=2, patience=5), list[int]()
    given = held(strategy)
    epoch = type(given.inputs).epoch

    def watched(self: Any, rows: np.ndarray, **how: Any) -> Any:
        asked.extend(rows.tolist())
        return epoch(self, rows, **how)

    monkeypatch.setattr(type(given.inputs), "epoch", watched)
    fit(strategy, backbone(), head(), given, Settings(seed=3), progress=Silent())
    assert set(asked) == set(range(30))


def test_the_loss_on_what_is_held_out_counts_classes_alike():
    given = held(Chosen(), held_rows=np.arange(37, 40), held_targets=np.array([0, 0, 1]))
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.0], [3.0, 0.0]])
    losses = -torch.log_softmax(logits, dim=1)[range(3), [0, 0, 1]]
    assert given.held_loss(logits) == pytest.approx(float((losses[:2].mean() + losses[2]) / 2))


def test_a_held_out_loss_that_is_no_number_starts_it_over(monkeypatch: pytest.MonkeyPatch):
    strategy, heard = scheduled(epochs=2, patience=5), Listener()
    scores = iter([math.inf, 0.5, 0.4])
    monkeypatch.setattr(Examples, "held_loss", lambda self, logits: next(scores))
    fit(strategy, backbone(), head(), held(strategy), Settings(seed=3), progress=heard)
    assert heard.said == ["The loss stopped being a number in epoch 1: starting over at 0.3 of the rate."]


def test_killed_while_waiting_it_resumes_with_the_best_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    strategy = scheduled(epochs=6, patience=3, rate_scale=20.0)
    whole = fit(strategy, backbone(), head(), held(strategy), Settings(seed=3), progress=Silent())
    for survived in range(1, len(whole.losses)):
        settings = Settings(seed=3, checkpoint=tmp_path / f"{survived}.safetensors")
        with killed_after(survived, monkeypatch):
            fit(strategy, backbone(), head(), held(strategy), settings, progress=Silent())
        resumed = fit(strategy, backbone(), head(), held(strategy), settings, progress=Silent())
        assert same(state(whole), state(resumed))
        assert resumed.losses == whole.losses
