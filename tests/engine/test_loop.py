from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from headstart.core.progress import Silent
from headstart.core.training import Penalty, Seen, Start
from headstart.engine import checkpoint, loop
from headstart.engine.examples import Examples, Settings
from headstart.engine.supervised import Supervised, fit
from tests.engine.fits import Chosen, backbone, head, held, run, same, scheduled, state
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


def test_what_is_done_between_blocks_goes_on_after_items_held_out_were_looked_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Examples, "held_loss", lambda self, logits: 1.0)
    strategy, seen = scheduled(epochs=3, patience=9), list[bool]()
    step = Supervised.step

    def watched(self: Supervised, running: torch.nn.Module, *given: Any) -> Any:
        seen.append(running.training)
        return step(self, running, *given)

    monkeypatch.setattr(Supervised, "step", watched)
    fit(strategy, backbone(), head(), held(strategy), Settings(seed=3), progress=Silent())
    assert len(seen) > 3
    assert all(seen)
