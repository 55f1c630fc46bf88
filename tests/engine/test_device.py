from __future__ import annotations

import pytest
import torch

from headstart.engine import device
from tests.engine import toys


@pytest.mark.parametrize(
    ("capabilities", "native"), [({"amx_bf16": True}, True), ({"avx512_bf16": True}, True), ({"avx2": True}, False)]
)
def test_bfloat16_is_for_processors_that_multiply_it(monkeypatch: pytest.MonkeyPatch, capabilities: dict, native: bool):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert device._native_bfloat16(torch.device("cpu")) is native


def test_other_devices_are_left_in_float32():
    assert not device._native_bfloat16(torch.device("meta"))


def test_the_given_backbone_is_not_moved_or_switched():
    given = toys.ToyBackbone(toys.info(), seed=0, size=16)
    given.module.train()
    assert not device.on_device(given).module.training
    assert given.module.training


def test_a_backbone_that_is_there_and_evaluated_is_not_copied():
    given = toys.ToyBackbone(toys.info(), seed=0, size=16)
    given.module.eval()
    assert device.on_device(given) is given
    next(given.module.children()).train()
    assert not any(part.training for part in device.on_device(given).module.modules())


def test_freed_memory_is_kept_only_where_the_c_library_can(monkeypatch: pytest.MonkeyPatch):
    asked = []

    class Library:
        @staticmethod
        def mallopt(option: int, value: int) -> int:
            asked.append((option, value))
            return 1

    monkeypatch.setattr(device.sys, "platform", "linux")
    monkeypatch.setattr(device.ctypes, "CDLL", lambda name: Library)
    assert device.keep_freed_memory.__wrapped__()
    assert asked == [(-1, 2**31 - 1), (-3, 2**30)]
    monkeypatch.setattr(device.ctypes, "CDLL", lambda name: object())
    assert not device.keep_freed_memory.__wrapped__()
    monkeypatch.setattr(device.sys, "platform", "darwin")
    assert not device.keep_freed_memory.__wrapped__()


def test_kept_memory_is_handed_back_where_the_c_library_can(monkeypatch):
    asked = []

    class Library:
        @staticmethod
        def malloc_trim(pad: int) -> int:
            asked.append(pad)
            return 1

    monkeypatch.setattr(device.sys, "platform", "linux")
    monkeypatch.setattr(device.ctypes, "CDLL", lambda name: Library)
    assert device.hand_back_memory()
    assert asked == [0]
    monkeypatch.setattr(device.ctypes, "CDLL", lambda name: object())
    assert not device.hand_back_memory()
    monkeypatch.setattr(device.sys, "platform", "darwin")
    assert not device.hand_back_memory()
