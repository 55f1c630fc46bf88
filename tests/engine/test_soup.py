from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core.progress import Silent
from headstart.core.training import InputStrategy
from headstart.engine import fitting, soup, supervised
from headstart.engine.examples import Settings
from headstart.engine.inputs import mixed
from headstart.engine.loop import Diverged
from headstart.engine.soup import averaged
from tests.engine.fits import Chosen, backbone, head, same, state
from tests.engine.test_loop import held
from tests.listening import Listener


@dataclass(frozen=True, kw_only=True)
class Several(Chosen):
    """Three fits at rates of their own."""

    rates: tuple[float, ...] = (0.5, 1.0, 2.0)

    @property
    def ingredients(self) -> tuple[InputStrategy, ...]:
        schedules = (replace(self.schedule, rate_scale=rate) for rate in self.rates)
        return tuple(Chosen(frozen=self.frozen, schedule=schedule) for schedule in schedules)


def cook(strategy: InputStrategy, progress: Any = None, **changes: Any) -> fitting.Fitted:
    settings = replace(Settings(seed=3), **changes)
    return averaged(strategy, backbone(), head(), held(strategy), settings, progress=progress or Silent())


def alone(number: int) -> fitting.Fitted:
    """The fit of one ingredient by itself."""
    strategy = Several()
    own = Settings(seed=mixed(3, number))
    return supervised.fit(
        strategy.ingredients[number], backbone(), head(), held(strategy), own, progress=Silent()
    )  # fmt: skip


def mean(*numbers: int) -> dict[str, torch.Tensor]:
    states = [state(alone(number)) for number in numbers]
    return {
        name: torch.stack([each[name].double() for each in states]).mean(dim=0).to(tensor.dtype)
        if tensor.is_floating_point() else tensor
        for name, tensor in states[0].items()
    }  # fmt: skip


@pytest.mark.parametrize(
    ("scores", "numbers"),
    [
        # of the three alone, then of the averages as they are tried
        ([0.5, 0.9, 0.7, 0.9, 0.95], (1, 2, 0)),
        ([0.5, 0.9, 0.7, 0.8, 0.95], (1, 0)),
        ([0.5, 0.9, 0.7, 0.95, 0.9], (1, 2)),
        ([0.5, 0.5, 0.5, 0.4, 0.4], (0,)),
    ],
)
def test_each_is_added_in_order_of_its_score_unless_the_average_loses(monkeypatch, scores, numbers):
    left = iter(scores)
    monkeypatch.setattr(soup, "_score", lambda *given: next(left))
    cooked = cook(Several())
    expected, found = mean(*numbers), state(cooked)
    assert all(torch.allclose(found[name], tensor, atol=1e-6) for name, tensor in expected.items())
    assert cooked.losses == alone(numbers[0]).losses
    assert next(left, None) is None


def test_a_strategy_that_is_one_fit_is_just_that():
    strategy = Chosen()
    expected = supervised.fit(strategy, backbone(), head(), held(strategy), Settings(seed=3), progress=Silent())
    assert same(state(cook(strategy)), state(expected))


def test_the_score_is_the_primary_metric_on_what_is_held_out():
    strategy, given = Several(), held(Several())
    fitted = alone(2)
    features = fitted.backbone.encode(
        fitted.backbone.preprocess.collate(
            [fitted.backbone.preprocess.item(given.inputs._ready.items.read(int(n))) for n in given.held_rows]
        )
    )
    right = fitted.head.logits(features.numpy()).argmax(axis=1) == given.held_targets
    expected = np.mean([right[given.held_targets == each].mean() for each in (0, 1)])
    assert soup._score(fitted, 1, strategy, given, Settings(seed=3)) == pytest.approx(expected)


def test_what_diverges_is_left_out_and_said():
    heard = Listener()
    found = cook(Several(rates=(1.0, 1e30)), heard)
    assert same(state(found), state(alone_at(1.0, 0)))
    assert heard.said[-1].startswith("train, fit 2 of 2 is left out. Training diverged in epoch 1")
    with pytest.raises(Diverged, match="Training diverged"):
        cook(Several(rates=(1e30, 1e30)))


def alone_at(rate: float, number: int) -> fitting.Fitted:
    strategy = replace(Chosen(), schedule=replace(Chosen().schedule, rate_scale=rate))
    own = Settings(seed=mixed(3, number))
    return supervised.fit(strategy, backbone(), head(), held(strategy), own, progress=Silent())


def test_killed_between_two_fits_it_trains_only_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole, path, fit = cook(Several()), tmp_path / "checkpoint", soup.fit

    def dying(strategy: InputStrategy, *given: Any, **how: Any) -> fitting.Fitted:
        if strategy == Several().ingredients[2]:
            raise KeyboardInterrupt
        return fit(strategy, *given, **how)

    with monkeypatch.context() as patch:
        patch.setattr(soup, "fit", dying)
        with pytest.raises(KeyboardInterrupt):
            cook(Several(), checkpoint=path)
    assert len(list(tmp_path.iterdir())) == 2
    epochs: list[int] = []
    from headstart.engine import loop

    epoch = loop.Loop._epoch
    monkeypatch.setattr(loop.Loop, "_epoch", lambda self, *given: epochs.append(1) or epoch(self, *given))
    assert same(state(cook(Several(), checkpoint=path)), state(whole))
    assert len(epochs) == Several().schedule.epochs
    assert same(state(cook(Several(), checkpoint=path)), state(whole))  # a refit whose run is killed later
    assert len(epochs) == Several().schedule.epochs
