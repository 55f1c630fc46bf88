"""Whole runs made small: one model with random weights, few folds, one thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from headstart import api, pool
from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.dataset import Dataset
from headstart.engine import plan
from headstart.engine.options import PoolMember
from tests.backbones.members import make
from tests.engine import toys


class TinySource(toys.ToySource):
    """Serves timm's ``test_resnet`` with random weights."""

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        return make("test_resnet", seed=0 if pretrained else seed + 1, size=size)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def little_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = {name: replace(p, folds=3, repeats=2, curve_draws=5) for name, p in plan.PRESETS.items()}
    monkeypatch.setattr(plan, "PRESETS", small)
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "home"))


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> PoolMember:
    """The only model there is."""
    facts = make("test_resnet").info
    member = PoolMember(source=TinySource(facts), info=facts)
    monkeypatch.setattr(pool, "known", lambda: [member])
    monkeypatch.setattr(api, "known", lambda: [member])
    return member


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    toys.dataset(tmp_path / "photos", train=24, test=12)
    return api.load(tmp_path / "photos")
