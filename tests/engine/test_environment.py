from __future__ import annotations

import torch

from headstart.engine import environment
from headstart.engine.identity import PACKAGES


def test_it_names_versions_device_and_threads():
    found = environment.environment("bfloat16")
    assert set(PACKAGES) < set(found["versions"])
    assert (found["dtype"], found["device"]) == ("bfloat16", "cpu")
    assert found["threads"] >= 1


def test_a_graphics_card_is_named(monkeypatch):
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "Card 9000")
    assert environment._processor(torch.device("cuda")) == "Card 9000"
