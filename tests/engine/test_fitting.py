from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from headstart.core.progress import Silent
from headstart.engine import loop
from headstart.engine.examples import Examples, Settings
from headstart.engine.loop import Diverged
from headstart.engine.supervised import fit
from tests.engine import toys
from tests.engine.fits import Chosen, backbone, head, run, same, state
from tests.listening import Listener


@pytest.mark.parametrize("batch_statistics", [False, True])
def test_frozen_parameters_and_buffers_are_bit_identical_and_the_rest_moves(batch_statistics: bool):
    before = backbone().module.state_dict()
    after = run(Chosen(frozen=1, batch_statistics=batch_statistics)).backbone.module.state_dict()
    frozen = [name for name in before if name.startswith("0.")]
    assert len(frozen) == 7
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not torch.equal(before["1.0.weight"], after["1.0.weight"])
    assert torch.equal(before["1.1.running_mean"], after["1.1.running_mean"]) is not batch_statistics


def test_the_arguments_are_left_as_they_were():
    given = backbone()
    before = {name: tensor.clone() for name, tensor in given.module.state_dict().items()}
    fit(Chosen(), given, head(), toys.examples(Chosen(), given), Settings(seed=0), progress=Silent())
    assert same(before, given.module.state_dict())
    assert not given.module.training


def test_nothing_holds_on_to_a_finished_fit():
    fitted = run(Chosen())
    body = weakref.ref(fitted.backbone.module)
    del fitted
    gc.collect()
    assert body() is None


def test_divergence_at_every_rate_names_the_epoch_and_the_last_rate():
    exploding = replace(Chosen(frozen=0), schedule=replace(Chosen().schedule, rate_scale=1e30, warmup_steps=0))
    with pytest.raises(Diverged, match=r"diverged in epoch 1 .*, also at a learning rate of 2.7e\+26: .* another str"):
        run(exploding)


class Spoilt(Examples):
    """Whose loss is no number in step ``at``, the first time round; five steps are an epoch."""

    at: ClassVar[int] = 8
    steps: ClassVar[int] = 0
    factor: ClassVar[float] = torch.nan

    def losses(self, logits: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
        Spoilt.steps += 1
        return super().losses(logits, targets, smoothing) * (self.factor if Spoilt.steps == self.at else 1.0)


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
