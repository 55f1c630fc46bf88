from __future__ import annotations

import pytest
import torch

from headstart.backbones import _lean_text
from headstart.backbones._sequence_body import SequenceBackbone
from tests.backbones.members import batch_of, make
from tests.backbones.test__processor import rounding


def made(kind: str = "bert") -> SequenceBackbone:
    backbone = make(kind)
    assert isinstance(backbone, SequenceBackbone)
    with torch.no_grad():  # as large as trained weights: those drawn at .02 leave the hidden states as they are
        for layer in backbone.module.encoder.layer:
            for parameter in layer.parameters():
                parameter.mul_(12.0) if parameter.ndim == 2 else parameter.add_(0.1 * torch.randn_like(parameter))
    return backbone


def features(backbone: SequenceBackbone, *, fast: bool, batch: dict[str, torch.Tensor] | None = None) -> torch.Tensor:
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
        return backbone.encode(batch or batch_of(backbone)).float()


def lean(backbone: SequenceBackbone) -> SequenceBackbone:
    leaner = backbone.lean(batch_of(backbone))
    assert isinstance(leaner, SequenceBackbone)
    return leaner


@rounding
@pytest.mark.parametrize("short", [0, 128])
@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta"])
def test_agrees_with_float32_as_well_as_autocast_does(kind: str, short: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lean_text, "SHORT", short)
    backbone = made(kind)
    exact, usual = features(backbone, fast=False), features(backbone, fast=True)
    run: list[torch.nn.Module] = []
    handle = torch.nn.modules.module.register_module_forward_hook(lambda module, given, got: run.append(module))
    ours = features(lean(backbone), fast=True)
    handle.remove()
    assert sum(isinstance(module, _lean_text.LeanLayer) for module in run) == 3
    assert (ours - exact).abs().mean() <= 2.0 * (usual - exact).abs().mean() < 0.05


def test_without_autocast_transformers_own_layers_run() -> None:
    backbone = made()
    assert torch.equal(features(lean(backbone), fast=False), features(backbone, fast=False))


def test_the_backbone_itself_stays_as_it_is() -> None:
    backbone = made()
    before = features(backbone, fast=True)
    state = {name: tensor.clone() for name, tensor in backbone.module.state_dict().items()}
    features(lean(backbone), fast=True)
    assert torch.equal(features(backbone, fast=True), before)
    assert backbone.module.state_dict().keys() == state.keys()
    assert all(torch.equal(tensor, state[name]) for name, tensor in backbone.module.state_dict().items())


@rounding
@pytest.mark.parametrize("short", [0, 128])
def test_padding_changes_nothing(short: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lean_text, "SHORT", short)
    leaner = lean(made())
    batch = batch_of(leaner)
    padded = {name: torch.nn.functional.pad(tensor, (0, 5)) for name, tensor in batch.items()}
    torch.testing.assert_close(
        features(leaner, fast=True, batch=padded), features(leaner, fast=True), atol=0.02, rtol=0.0
    )


@rounding
def test_upper_blocks_alone_run_lean_too() -> None:
    backbone = made()
    leaner = lean(backbone)
    with torch.inference_mode():
        below = leaner.lower(batch_of(backbone), 1)
        assert torch.equal(below["hidden"], backbone.lower(batch_of(backbone), 1)["hidden"])
        exact = backbone.upper(below, 1)
        with torch.autocast("cpu", torch.bfloat16):
            ours = leaner.upper(below, 1).float()
    assert 0 < (ours - exact).abs().max() < 0.2


def test_where_onednn_is_not_there_the_backbone_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    backbone = made()
    assert backbone.lean(batch_of(backbone)) is backbone


def test_where_the_processor_cannot_the_backbone_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lean_text, "rounds", lambda: False)
    backbone = made()
    assert backbone.lean(batch_of(backbone)) is backbone
    assert torch.isfinite(features(lean(backbone), fast=True)).all()
