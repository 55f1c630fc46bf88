from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import timm
import torch

from headstart.backbones import _timm_body
from headstart.backbones._timm_body import Architecture
from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError
from tests.backbones.members import CLASSES, batch_of, head_for, make
from tests.backbones.tiny import info

CFG = {"input_size": (3, 64, 64), "mean": (0.5,) * 3, "std": (0.5,) * 3, "crop_pct": 0.9, "interpolation": "bicubic"}


def test_features_are_what_timms_own_classifier_reads() -> None:
    backbone = make("test_efficientnet", seed=5)
    model = timm.create_model("test_efficientnet", num_classes=3).eval()
    missing = model.load_state_dict(backbone.module.state_dict(), strict=False).missing_keys
    assert missing == ["classifier.weight", "classifier.bias"]
    batch = batch_of(backbone)
    with torch.no_grad():
        logits = model(batch["pixel_values"])
        torch.testing.assert_close(model.get_classifier()(backbone.encode(batch)), logits)  # type: ignore[operator]


def test_convolutions_are_stored_channels_last() -> None:
    convolution = make("test_resnet").module.layer2[0].conv1.weight
    assert convolution.is_contiguous(memory_format=torch.channels_last)


def test_an_unknown_architecture_names_the_timm_release() -> None:
    with pytest.raises(UserError, match=rf"timm {timm.__version__} does not know the architecture 'resnet18000'"):
        _timm_body.build(info("timm:x"), Architecture(name="resnet18000", args={}, pretrained_cfg=CFG), seed=0)


@pytest.mark.parametrize("architecture", ["levit_128s", "deit_tiny_distilled_patch16_224"])
def test_heads_that_cannot_be_replaced_are_refused_before_any_work(architecture: str) -> None:
    with pytest.raises(UserError, match="does not end in one linear layer on pooled features"):
        _timm_body.build(info("timm:x"), Architecture(name=architecture, args={}, pretrained_cfg=CFG), seed=0)


def test_a_size_between_patches_is_refused_with_the_nearest_that_fits() -> None:
    with pytest.raises(UserError, match=r"so its size must be a multiple of 16, not 170; use 176\."):
        make("test_vit", size=170)


def test_another_size_of_a_vit_keeps_its_weights_and_survives_export(tmp_path: Path) -> None:
    backbone = make("test_vit", size=96)
    assert backbone.module.pos_embed.shape[1] == 1 + 36
    backbone.export(tmp_path, head_for(backbone), CLASSES)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["model_args"] == {"img_size": 96}
    assert config["pretrained_cfg"]["input_size"] == [3, 96, 96]
    assert config["pretrained_cfg"]["crop_pct"] == 1.0


def test_timm_reads_the_exported_folder_too(tmp_path: Path) -> None:
    backbone = make("test_convnext")
    head = head_for(backbone)
    backbone.export(tmp_path, head, CLASSES)
    model = timm.create_model(f"local-dir:{tmp_path}", pretrained=True).eval()
    batch = batch_of(backbone)
    with torch.no_grad():
        expected = head.logits(backbone.encode(batch).double().numpy())
        np.testing.assert_allclose(model(batch["pixel_values"]).numpy(), expected, atol=1e-5)


def test_the_exported_configuration_tells_origin_and_nothing_of_downloads(tmp_path: Path) -> None:
    backbone = make("test_resnet")
    backbone.export(tmp_path / "new" / "folder", head_for(backbone), CLASSES)
    config = json.loads((tmp_path / "new" / "folder" / "config.json").read_text())
    assert config["headstart"]["backbone"] == json.loads(json.dumps(dataclasses.asdict(backbone.info)))
    assert config["label_names"] == list(CLASSES)
    assert not {"url", "hf_hub_id", "source"} & set(config["pretrained_cfg"])


@pytest.mark.parametrize("member", ["test_resnet", "bert"])
def test_a_head_of_the_wrong_shape_is_refused(member: str, tmp_path: Path) -> None:
    backbone = make(member)
    head = LinearHead(weight=np.zeros((4, 7)), bias=np.zeros(4))
    with pytest.raises(UserError, match=r"The head has weights \(4, 7\) and bias \(4,\); 4 classes on"):
        backbone.export(tmp_path / "out", head, CLASSES)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("member", ["test_resnet", "swin_tiny_patch4_window7_224", "test_vit"])
def test_grids_become_positions_by_channel(member: str) -> None:
    backbone = make(member)
    with torch.no_grad():
        state = backbone.lower(batch_of(backbone), 1)
    hidden, dense = state["hidden"], backbone.dense(state, 1)
    if member == "test_resnet":
        assert torch.equal(dense.values[1, :, 3], hidden[1, 3].flatten())
    elif member == "test_vit":
        assert torch.equal(dense.values, hidden)
    else:
        assert torch.equal(dense.values[1, :, 3], hidden[1, :, :, 3].flatten())
