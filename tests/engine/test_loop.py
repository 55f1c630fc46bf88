from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from safetensors import safe_open

from headstart.core.progress import Silent
from headstart.engine import loop
from headstart.engine.loop import Diverged, Examples, Settings
from headstart.engine.supervised import fit
from tests.engine import toys
from tests.engine.fits import Chosen, backbone, head, run, same, state


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
    """Whose loss is no number in one step of the second epoch, the first time round."""

    steps: ClassVar[int] = 0

    def loss(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        Spoilt.steps += 1
        return super().loss(logits, targets) * (torch.nan if Spoilt.steps == 8 else 1.0)


def test_a_loss_that_is_no_number_sends_it_back_to_the_last_good_epoch_in_smaller_steps(tmp_path: Path):
    strategy, heard = Chosen(frozen=1), toys.Listener()
    given = toys.examples(strategy, backbone())
    spoilt = Spoilt(**{name: getattr(given, name) for name in given.__dataclass_fields__})
    Spoilt.steps, settings = 0, Settings(seed=3, checkpoint=tmp_path / "c")
    fitted = fit(strategy, backbone(), head(), spoilt, settings, progress=heard)
    plain = run(strategy)
    assert fitted.losses[0] == plain.losses[0]
    assert all(np.isfinite(fitted.losses))
    assert not same(state(fitted), state(plain))
    assert heard.said == ["The loss stopped being a number in epoch 2: back to its start, at 0.3 of the rate."]
    # A run that is killed after that goes on in smaller steps, too.
    again = fit(strategy, backbone(), head(), given, settings, progress=Silent())
    assert same(state(fitted), state(again))


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
