from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import nn

from headstart.core.training import ParamGroup, Preparation, Schedule
from headstart.engine.rates import first_epoch, groups_of, optimizer_of, scale_by_gradient, set_rates

SCHEDULE = Schedule(epochs=2, rate_scale=1.0, batch_size=8, warmup_steps=4, augment="none")


def body() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 4))


def preparation(since: float = 0.0) -> Preparation:
    first = ParamGroup(name="first", parameters=("0.weight", "0.bias"), rate=0.5, weight_decay=0.01)
    last = ParamGroup(
        name="last", parameters=("1.weight", "1.bias", "2.weight", "2.bias"), rate=1.0, weight_decay=0.01, since=since
    )
    return Preparation(frozen_blocks=0, groups=(first, last), head_rate=2.0)


def rates(since: float) -> list[list[float]]:
    given = body()
    optimizer = optimizer_of(given, nn.Linear(4, 2), preparation(since))
    found = []
    for step in range(20):
        set_rates(optimizer, 0.1, SCHEDULE, step, 10)
        found.append([group["lr"] for group in optimizer.param_groups])
    return [list(column) for column in zip(*found, strict=True)]


def test_rates_warm_up_then_fall_to_zero():
    *_, head, _ = rates(0.0)
    assert head[:4] == pytest.approx([0.05, 0.1, 0.15, 0.2])
    assert all(later < earlier for earlier, later in pairwise(head[4:]))
    assert 0 < head[-1] < 0.01


def test_a_group_that_joins_later_stands_still_until_then_and_warms_up_from_there():
    early, late = rates(0.5)[0], rates(0.5)[2]
    assert late[:10] == [0.0] * 10
    assert early[:10] == rates(0.0)[0][:10]
    whole = rates(0.0)[2]
    assert late[10:14] == pytest.approx([whole[10] * 0.25, whole[11] * 0.5, whole[12] * 0.75, whole[13]])
    assert late[14:] == whole[14:]


def test_a_share_of_the_epochs_is_rounded_up_and_the_last_epoch_moves_everything():
    assert [first_epoch(since, 3) for since in (0.0, 0.1, 1 / 3, 0.5, 1.0)] == [0, 1, 1, 2, 2]
    assert first_epoch(0.5, 1) == 0


def test_norms_and_biases_are_not_decayed_and_everything_is_in_one_group():
    given, head = body(), nn.Linear(4, 2)
    groups = groups_of(given, head, preparation())
    decayed = {id(given[0].weight), id(given[2].weight)}
    for group in groups:
        for parameter in group["params"]:
            assert group["weight_decay"] == (0.01 if id(parameter) in decayed else 0.0)
    every = [*given.parameters(), *head.parameters()]
    assert sorted(id(p) for group in groups for p in group["params"]) == sorted(map(id, every))
    assert {group["rate"] for group in groups if group["of"] is None} == {2.0}


def test_relative_gradient_norms_scale_the_rates_of_the_body_alone():
    given, head = body(), nn.Linear(4, 2)
    optimizer = optimizer_of(given, head, preparation())
    head(given(torch.randn(5, 3))).square().sum().backward()
    for group in optimizer.param_groups:
        group["lr"] = 1.0
    scale_by_gradient(optimizer)

    def ratio(*parameters: nn.Parameter) -> float:
        gradient = torch.cat([p.grad.flatten() for p in parameters]).norm()
        return float(gradient / torch.cat([p.detach().flatten() for p in parameters]).norm())

    expected = [ratio(*given[0].parameters()), ratio(*given[1].parameters(), *given[2].parameters())]
    for group in optimizer.param_groups:
        wanted = 1.0 if group["of"] is None else expected[group["of"]] / max(expected)
        assert group["lr"] == pytest.approx(wanted, rel=1e-5)


def test_without_gradients_rates_stay():
    optimizer = optimizer_of(body(), nn.Linear(4, 2), preparation())
    set_rates(optimizer, 0.1, SCHEDULE, 5, 10)
    before = [group["lr"] for group in optimizer.param_groups]
    scale_by_gradient(optimizer)
    assert [group["lr"] for group in optimizer.param_groups] == before
