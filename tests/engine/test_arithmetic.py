"""Settling on a made-up clock: what each setting costs is said by the test, not by the machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from headstart.engine import arithmetic
from headstart.engine.arithmetic import Arithmetic, Sample, agree, in_order, machine, on_threads, settle, still_precise
from tests.engine import toys

Costs = Callable[[Arithmetic], float]


class Clock:
    """Time passes when features are computed, by ``costs`` seconds an item."""

    def __init__(self, costs: Costs) -> None:
        self.now, self.costs = 0.0, costs
        self.tried: list[Arithmetic] = []
        self.threads = 4

    def perf_counter(self) -> float:
        return self.now

    def passes(self, how: Arithmetic, items: int) -> None:
        self.now += items * self.costs(replace(how, threads=self.threads))
        self.tried.append(how)

    def set_threads(self, count: int) -> None:
        self.threads = count


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Costs], Clock]:
    def start(costs: Costs) -> Clock:
        clock = Clock(costs)
        computed = Arithmetic.features

        def features(self: Arithmetic, backbone: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
            clock.passes(self, len(batch["pixel_values"]))
            return computed(self, backbone, batch)

        monkeypatch.setattr(Arithmetic, "features", features)
        monkeypatch.setattr(arithmetic, "time", clock)
        monkeypatch.setattr(torch, "get_num_threads", lambda: clock.threads)
        monkeypatch.setattr(torch, "set_num_threads", clock.set_threads)
        return clock

    return start


@pytest.fixture
def backbone() -> toys.ToyBackbone:
    made = toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE)
    made.module.eval()
    return made


def sample(backbone: toys.ToyBackbone, most: int = 40, total: int = 100_000) -> Sample:
    data = toys.labelled()
    ready = [backbone.preprocess.item(data.items.read(n)) for n in range(most)]
    return Sample(take=lambda count: ready[:count], most=most, total=total, targets=data.targets[:most])


def half_price(how: Arithmetic) -> float:
    return 0.001 if how.dtype == torch.float32 else 0.0005


def test_the_fast_precision_is_taken_when_it_is_faster(backbone, timed):
    timed(half_price)
    found = settle(backbone, backbone, sample(backbone), torch.bfloat16)
    assert (found.dtype, found.exact_blocks, found.batch) == (torch.bfloat16, 0, 32)


def test_and_not_when_it_is_slower(backbone, timed):
    timed(lambda how: 0.001 if how.dtype == torch.float32 else 0.0011)
    assert settle(backbone, backbone, sample(backbone), torch.bfloat16).precision == "float32"


def test_one_busy_moment_does_not_cost_the_fast_precision(backbone, timed):
    seen: list[Arithmetic] = []

    def costs(how: Arithmetic) -> float:
        seen.append(how)
        busy = how.dtype == torch.bfloat16 and sum(one.dtype == torch.bfloat16 for one in seen) == 2
        return half_price(how) * (10.0 if busy else 1.0)

    timed(costs)
    assert settle(backbone, backbone, sample(backbone), torch.bfloat16).dtype == torch.bfloat16


def test_without_a_fast_precision_none_is_tried(backbone, timed):
    clock = timed(half_price)
    assert settle(backbone, backbone, sample(backbone), torch.float32).precision == "float32"
    assert {how.dtype for how in clock.tried} == {torch.float32}


def test_first_blocks_stay_exact_where_the_rest_is_precise_then(backbone, timed, monkeypatch):
    clock = timed(half_price)
    answers = iter([False, True])
    monkeypatch.setattr(arithmetic, "agree", lambda *_: next(answers))
    found = settle(backbone, backbone, sample(backbone), torch.bfloat16)
    assert found.precision == "bfloat16 after 1 in float32"
    assert clock.now < 3.5


def test_float32_stays_where_nothing_is_precise(backbone, timed, monkeypatch):
    timed(half_price)
    monkeypatch.setattr(arithmetic, "agree", lambda *_: False)
    assert settle(backbone, backbone, sample(backbone), torch.bfloat16).precision == "float32"


def test_batches_and_memory_orders_that_gain_are_taken(backbone, timed):
    def costs(how: Arithmetic) -> float:
        return half_price(how) * (0.9 if how.batch == 16 else 1.0) * (1.0 if how.channels_last else 0.8)

    timed(costs)
    given = in_order(backbone, Arithmetic(channels_last=True))
    found = settle(backbone, given, sample(backbone), torch.bfloat16)
    assert (found.batch, found.channels_last) == (16, False)


def test_one_lucky_timing_changes_nothing(backbone, timed):
    lucky = iter([0.1])

    def costs(how: Arithmetic) -> float:
        return half_price(how) * (next(lucky, 1.0) if how.batch == 16 and len(clock.tried) % 2 else 1.0)

    clock = timed(costs)
    assert settle(backbone, backbone, sample(backbone), torch.bfloat16).batch == 32


@pytest.mark.parametrize(("total", "seconds"), [(100, 0.9), (1000, 2.0), (10**6, 4.5)])
def test_trying_out_takes_a_share_of_the_pass_and_seconds_at_most(backbone, timed, total: int, seconds: float):
    clock = timed(lambda how: 10 * half_price(how))
    settle(backbone, backbone, sample(backbone, total=total), torch.bfloat16)
    assert clock.now < seconds


def test_a_network_that_is_too_slow_is_tried_on_few_items(backbone, timed):
    clock = timed(lambda how: 500 * half_price(how))
    found = settle(backbone, backbone, sample(backbone), torch.bfloat16)
    assert found.dtype == torch.bfloat16
    assert clock.now < 10


def test_a_probe_that_does_worse_is_noticed_where_cosines_are_high():
    rng = np.random.default_rng(0)
    targets = rng.integers(2, size=60)
    common, signal = 100.0 * np.ones((60, 8)), rng.normal(size=(60, 8)) * 0.01
    signal[:, 0] = 2.0 * targets - 1.0
    exact = torch.from_numpy(common + signal)
    blurred = torch.from_numpy(common + signal * np.array([0.0, *[1.0] * 7]))
    assert agree(exact, exact, targets)
    assert agree(exact, blurred)
    assert not agree(exact, blurred, targets)
    assert agree(exact, blurred, np.zeros(60, dtype=np.int64))
    assert agree(exact[:20], blurred[:20], targets[:20])


def test_turned_features_do_not_agree():
    features = torch.randn(8, 16, generator=torch.Generator().manual_seed(0))
    assert agree(features, features * 1.7)
    assert not agree(features, features.roll(1, dims=1))


@pytest.mark.parametrize(("alone", "expected"), [(2.0, 0), (0.2, 1)])
def test_one_thread_is_for_machines_on_which_others_work(backbone, timed, alone: float, expected: int):
    clock = timed(lambda how: 0.001 * (alone if how.threads == 1 else 1.0))
    found = on_threads(Arithmetic(batch=16), backbone, sample(backbone))
    assert found == Arithmetic(batch=16, threads=expected)
    assert clock.threads == 4


def test_with_one_thread_there_is_nothing_to_compare(backbone, timed):
    clock = timed(half_price)
    clock.threads = 1
    assert on_threads(Arithmetic(), backbone, sample(backbone)) == Arithmetic()
    assert clock.tried == []


def test_another_body_falls_back_to_float32_alone(backbone, monkeypatch):
    like = Arithmetic(dtype=torch.bfloat16, exact_blocks=1, batch=16)
    assert still_precise(backbone, backbone, sample(backbone), like) == like
    monkeypatch.setattr(arithmetic, "agree", lambda *_: False)
    assert still_precise(backbone, backbone, sample(backbone), like) == Arithmetic(batch=16)
    assert still_precise(backbone, backbone, sample(backbone), Arithmetic(batch=16)) == Arithmetic(batch=16)


def test_features_are_float32_in_every_precision_and_exact_blocks_are_exact(backbone):
    batch = {"pixel_values": torch.rand(3, 3, toys.SIZE, toys.SIZE)}
    with torch.inference_mode():
        true = backbone.encode(batch)
    exact, half, fast = (
        how.features(backbone, batch)
        for how in (
            Arithmetic(),
            Arithmetic(dtype=torch.bfloat16, exact_blocks=len(backbone.blocks)),
            Arithmetic(dtype=torch.bfloat16),
        )
    )
    assert torch.equal(exact, true)
    assert torch.allclose(half, true, atol=1e-6)
    assert fast.dtype == torch.float32
    assert not torch.allclose(fast, true, atol=1e-6)


def test_what_is_noted_comes_back_without_its_threads():
    how = Arithmetic(dtype=torch.bfloat16, exact_blocks=2, threads=1, batch=64, channels_last=False)
    assert Arithmetic.noted(how.note()) == replace(how, threads=0)


def test_settings_are_remembered_for_a_machine_and_a_number_of_threads(monkeypatch):
    before = machine()
    assert machine() == before
    monkeypatch.setattr(torch, "get_num_threads", lambda: 77)
    assert machine() != before
