from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from safetensors import safe_open

from headstart.core.backbone import Backbone
from headstart.core.progress import Silent
from headstart.core.training import Penalty, Seen
from headstart.engine import loop
from headstart.engine.loop import Diverged, Examples, Settings
from headstart.engine.supervised import fit
from tests.engine import toys
from tests.engine.fits import Chosen, backbone, head, run, same, state
from tests.listening import Listener


@pytest.mark.parametrize("frozen", [0, 1])
def test_killed_after_any_epoch_it_resumes_to_the_same_weights(tmp_path: Path, monkeypatch, frozen: int):
    strategy = Chosen(frozen=frozen).lasting(4)
    whole = run(strategy)
    for survived in (1, 2, 3):
        path = tmp_path / f"{frozen}-{survived}.safetensors"
        save, saved = loop.save_checkpoint, []

        def dying(*arguments: object, save=save, saved=saved, survived=survived) -> None:
            save(*arguments)
            saved.append(1)
            if len(saved) == survived:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(loop, "save_checkpoint", dying)
            with pytest.raises(KeyboardInterrupt):
                run(strategy, checkpoint=path)
        resumed = run(strategy, checkpoint=path)
        assert same(state(whole), state(resumed))
        assert resumed.losses == whole.losses


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

    def loss(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        Spoilt.steps += 1
        return super().loss(logits, targets) * (self.factor if Spoilt.steps == self.at else 1.0)


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

    def penalty(self, source: Backbone, trained: Backbone) -> Penalty:
        return Fussy()


class Fussy(Penalty):
    def loss(self, seen: Seen) -> torch.Tensor:
        assert torch.isfinite(seen.features).all()
        return 0.0 * seen.features.sum()


def test_a_penalty_is_not_asked_about_what_is_no_number():
    exploding = replace(Burdened(frozen=0), schedule=replace(Chosen().schedule, rate_scale=1e30, warmup_steps=0))
    with pytest.raises(Diverged):
        run(exploding)


def test_a_last_batch_of_one_joins_its_neighbour_and_a_batch_may_exceed_the_data():
    run(Chosen(frozen=0, batch_statistics=True), 17)  # 8 + 8 + 1: BatchNorm would refuse the last
    run(Chosen(frozen=0, batch_statistics=True), 6)


def test_views_change_what_is_seen():
    seen = replace(Chosen(frozen=1), schedule=replace(Chosen().schedule, views=True))
    assert run(seen).losses != run(Chosen(frozen=1)).losses


def test_it_learns_and_equal_seeds_give_equal_weights():
    strategy = Chosen(frozen=0, batch_statistics=True)
    strategy = strategy.lasting(15)
    first, second = run(strategy), run(strategy)
    assert first.losses[-1] < 0.5 * first.losses[0]
    assert same(state(first), state(second))
    assert not same(state(first), state(run(strategy, seed=4)))
