from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.core.training import Penalty, Seen, Start
from headstart.engine.blend import Blend
from headstart.engine.examples import Settings
from headstart.engine.freeze import training_mode
from headstart.engine.inputs import mixed
from headstart.engine.loop import Diverged
from headstart.engine.supervised import fit
from tests.engine import toys
from tests.engine.fits import Chosen, backbone, head, held, run, same, scheduled, state


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
