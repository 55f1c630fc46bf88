from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from headstart.bundle import _body
from headstart.bundle._body import Body
from headstart.core.backbone import Backbone, Exported
from headstart.engine import arithmetic, device
from headstart.engine.arithmetic import Arithmetic
from tests.backbones.members import CLASSES, head_for, make
from tests.backbones.tiny import TEXTS, pictures


def exported(kind: str) -> Exported:
    backbone = make(kind)
    return Exported(backbone=backbone, head=head_for(backbone), classes=CLASSES)


def ready_for(model: Exported, count: int) -> list[Any]:
    raw = TEXTS if model.backbone.info.modality == "text" else pictures(3)
    return [model.backbone.preprocess.item(raw[number % 3]) for number in range(count)]


def alone(model: Exported, item: Any, how: Arithmetic) -> np.ndarray:
    batch = model.backbone.preprocess.collate([item])
    return model.head.logits(how.features(model.backbone, batch).double().numpy())[0]


@pytest.mark.parametrize("kind", ["test_resnet", "bert"])
def test_every_item_gets_in_company_what_it_gets_alone(kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_body, "MOST_TEXTS", 2)
    model = exported(kind)
    ready = ready_for(model, 7)
    expected = np.stack([alone(model, item, Arithmetic()) for item in ready])
    np.testing.assert_allclose(model.head.logits(Body(model, {}).features(ready)), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["test_resnet", "bert"])
def test_runs_as_noted_where_the_machine_is_fast_at_it(kind: str, monkeypatch: pytest.MonkeyPatch):
    model, note = exported(kind), Arithmetic(dtype=torch.bfloat16).note()
    ready = ready_for(model, 3)
    exact = Body(model, {}).features(ready)
    monkeypatch.setattr(arithmetic, "fast_dtype", lambda: torch.float32)
    np.testing.assert_array_equal(Body(model, note).features(ready), exact)
    monkeypatch.setattr(arithmetic, "fast_dtype", lambda: torch.bfloat16)
    rounded = Body(model, note).features(ready)
    assert 0 < np.abs(rounded - exact).max() < 0.1 * np.abs(exact).max()


def test_the_body_is_made_lean_once_where_it_runs(monkeypatch: pytest.MonkeyPatch):
    asked: list[Backbone] = []

    def on_device(backbone: Backbone) -> Backbone:
        asked.append(backbone)
        return device.on_device(backbone)

    monkeypatch.setattr(_body, "on_device", on_device)
    model = exported("test_resnet")
    body = Body(model, {})
    for _ in range(2):
        body.features(ready_for(model, 2))
    assert asked == [model.backbone]


def test_no_texts_no_features():
    model = exported("bert")
    assert Body(model, {}).features([]).shape == (0, model.backbone.info.dim)
