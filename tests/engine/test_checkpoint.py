from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from headstart.engine.checkpoint import Reached, calmed_at, checkpoint_bytes, load_checkpoint, save_checkpoint


def trained(steps: int) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    for _ in range(steps):
        model(torch.randn(5, 3)).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    return model, optimizer


def test_weights_buffers_and_moments_come_back(tmp_path: Path):
    model, optimizer = trained(3)
    save_checkpoint(tmp_path / "c.safetensors", model, optimizer, Reached(epochs=2, losses=(0.5, 0.25), calmed=1))
    fresh, other = trained(0)
    assert load_checkpoint(tmp_path / "c.safetensors", fresh, other, 1) == Reached(
        epochs=2, losses=(0.5, 0.25), calmed=1
    )
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), fresh.state_dict().values(), strict=True))
    moments, again = (o.state_dict()["state"] for o in (optimizer, other))
    assert all(torch.equal(moments[i][k], again[i][k]) for i in moments for k in moments[i])


def test_what_is_frozen_is_not_written_and_stays_as_it_is(tmp_path: Path):
    model, optimizer = trained(3)
    frozen = frozenset({"0.weight", "1.running_mean"})
    save_checkpoint(tmp_path / "c.safetensors", model, optimizer, Reached(epochs=2, losses=(0.5,)), frozen)
    fresh, other = trained(0)
    before = {name: tensor.clone() for name, tensor in fresh.state_dict().items()}
    load_checkpoint(tmp_path / "c.safetensors", fresh, other, 0, frozen)
    for name, tensor in fresh.state_dict().items():
        assert torch.equal(tensor, (before if name in frozen else model.state_dict())[name]), name
    assert not torch.equal(before["0.weight"], model.state_dict()["0.weight"])


def test_what_was_best_on_held_out_items_comes_back(tmp_path: Path):
    model, optimizer = trained(1)
    reached = Reached(epochs=1, losses=(0.5,)).seen(0.75, model.state_dict())
    best = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        model.get_parameter("0.weight").add_(1.0)
    reached = reached.after(0.25).seen(0.75, model.state_dict())
    save_checkpoint(tmp_path / "c.safetensors", model, optimizer, reached)
    found = load_checkpoint(tmp_path / "c.safetensors", *trained(0), 0)
    assert (found.held, found.waited) == ((0.75, 0.75), 1)
    assert found.best.keys() == best.keys()
    assert all(torch.equal(found.best[name], tensor) for name, tensor in best.items())


def test_the_room_it_needs_is_known_beforehand(tmp_path: Path):
    model, optimizer = trained(1)
    save_checkpoint(tmp_path / "c.safetensors", model, optimizer, Reached(epochs=1, losses=(0.5,)))
    tensors = 3 * 4 * sum(p.numel() for p in model.parameters())
    assert checkpoint_bytes(sum(p.numel() for p in model.parameters())) == 2 * tensors
    assert checkpoint_bytes(3, best=True) == checkpoint_bytes(4)
    assert (tmp_path / "c.safetensors").stat().st_size < 2 * tensors + 3000  # names and shapes


def test_no_file_and_a_damaged_file_count_as_no_progress(tmp_path: Path):
    model, optimizer = trained(1)
    assert load_checkpoint(tmp_path / "none", model, optimizer, 0) == Reached()
    (tmp_path / "bad").write_bytes(b"\x00" * 4)
    assert load_checkpoint(tmp_path / "bad", model, optimizer, 0) == Reached()


def test_moments_come_back_in_the_memory_order_of_their_parameters(tmp_path: Path):
    """The fused optimiser walks weights and moments side by side in memory, whatever their strides say."""

    def stepped(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        model(torch.linspace(-1, 1, 2 * 3 * 64).reshape(2, 3, 8, 8)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()

    def made() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(0)
        model = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        return model, torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)

    model, optimizer = made()
    stepped(model, optimizer)
    save_checkpoint(tmp_path / "c", model, optimizer, Reached(epochs=1, losses=(1.0,)))
    stepped(model, optimizer)
    resumed, other = made()
    load_checkpoint(tmp_path / "c", resumed, other, 0)
    assert other.state_dict()["state"][0]["exp_avg"].is_contiguous(memory_format=torch.channels_last)
    stepped(resumed, other)
    assert torch.equal(model.weight, resumed.weight)


def test_a_checkpoint_of_another_rate_is_not_gone_on_with(tmp_path: Path):
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    save_checkpoint(tmp_path / "c", model, optimizer, Reached(epochs=2, losses=(1.0, 0.5), calmed=1))
    assert calmed_at(tmp_path / "c") == 1
    assert load_checkpoint(tmp_path / "c", model, optimizer, 2) == Reached(calmed=2)
    assert load_checkpoint(tmp_path / "c", model, optimizer, 1).epochs == 2
    assert calmed_at(tmp_path / "none") == 0
