from __future__ import annotations

import copy

import torch
from torch import nn

from headstart.core.training import Preparation
from headstart.engine.alterations import Alterations, mixed_with


class Shifted(nn.Module):
    """A weight and a number to be learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.by = nn.Parameter(torch.tensor(0.0))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + self.by


def body() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))


def test_an_adapter_changes_nothing_at_first_and_is_folded_in_at_the_end():
    given, items = body().eval(), torch.randn(2, 3, 5, 5)
    names, before, weight = list(given.state_dict()), given(items), given[0].weight.detach().clone()
    preparation = Preparation(frozen_blocks=0, groups=(), adapters={"0.weight": lambda generator: Shifted()})
    altered = Alterations(given, preparation, 0)
    assert torch.equal(given(items), before)
    assert "0.parametrizations.weight.0.by" in dict(given.named_parameters())
    given.get_parameter("0.parametrizations.weight.0.by").data.fill_(0.5)
    after = given(items)
    altered.undo()
    assert set(given.state_dict()) == set(names)  # their order may change
    assert torch.equal(given[0].weight, weight + 0.5)
    assert torch.equal(given(items), after)
    assert type(given[0]) is nn.Conv2d


def test_a_replacement_starts_from_what_it_replaces_and_leaves_what_it_learnt():
    given = body()
    original = given[1]
    original.running_mean.fill_(3.0)
    altered = Alterations(given, Preparation(frozen_blocks=0, groups=(), replaced={"1": copy.deepcopy}), 0)
    stand_in = given[1]
    assert stand_in is not original
    assert torch.equal(stand_in.running_mean, torch.full((4,), 3.0))
    stand_in.weight.data.fill_(2.0)
    altered.undo()
    assert given[1] is original
    assert torch.equal(original.weight, torch.full((4,), 2.0))


def test_states_are_mixed_in_proportion_and_counters_are_not():
    start = {"w": torch.zeros(2), "n": torch.tensor(1)}
    state = {"w": torch.ones(2), "n": torch.tensor(7)}
    mixed = mixed_with(start, state, 0.25)
    assert mixed["w"].tolist() == [0.75, 0.75]
    assert mixed["n"].item() == 7


def test_adapters_are_drawn_from_the_seed_each_its_own():
    def drawn(seed: int) -> list[float]:
        numbers: list[float] = []

        def make(generator: torch.Generator) -> nn.Module:
            numbers.append(float(torch.rand(1, generator=generator)))
            return Shifted()

        adapters = {"0.weight": make, "0.bias": make}
        Alterations(body(), Preparation(frozen_blocks=0, groups=(), adapters=adapters), seed)
        return numbers

    assert drawn(0) == drawn(0)
    assert len({*drawn(0), *drawn(1)}) == 4
