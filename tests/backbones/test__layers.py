from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.backbones._folder import BODY, LAYERS
from headstart.backbones.local import Local, read_exported
from headstart.core.backbone import LinearHead
from headstart.core.errors import Unavailable, UserError
from tests.backbones.members import CLASSES, CUT, ENCODERS, JOINED, OPAQUE, SOUND, batch_of, head_for, make, raw_items

MEMBERS = tuple(member for member in (*CUT, *ENCODERS, *SOUND) if member not in OPAQUE)
FEW = ("test_efficientnet", "swin_tiny_patch4_window7_224", "bert", "xlnet", "whisper", "wav2vec2")


@pytest.mark.parametrize("member", MEMBERS)
def test_features_are_the_means_of_every_block_and_then_the_body_s_own(member: str):
    whole = make(member)
    found, batch = whole.layered(), batch_of(whole)
    with torch.no_grad():
        means = []
        for boundary in range(1, len(whole.blocks)):
            dense = whole.dense(whole.lower(batch, boundary), boundary)
            means.append((dense.values * dense.weights[:, :, None]).sum(dim=1))
        features = found.encode(batch)
        torch.testing.assert_close(features, torch.cat([*means, whole.encode(batch)], dim=1))
    assert features.shape[1] == found.info.dim == sum(found.widths)
    assert len(found.widths) == len(found.blocks)
    assert whole.widths == (whole.info.dim,)
    assert found.layer != whole.layer, "features of both would be taken for each other"
    assert found.info.sha256 == whole.info.sha256


@pytest.mark.parametrize("member", FEW)
def test_it_can_be_cut_like_any_body(member: str):
    found = make(member).layered()
    batch = batch_of(found)
    count = len(found.blocks)
    with torch.no_grad():
        features = found.encode(batch)
        for boundary in range(1, count + 1):
            below = found.lower(batch, boundary)
            torch.testing.assert_close(found.upper(below, boundary), features)
            again = found.join(found.split(below))
            torch.testing.assert_close(found.upper(again, boundary), features, atol=1e-5, rtol=1e-4)
            later = found.between(below, boundary, count)
            torch.testing.assert_close(later["features"], features)
            dense = found.dense(below, boundary)
            assert dense.values.shape[:2] == dense.weights.shape
            torch.testing.assert_close(dense.weights.sum(dim=1), torch.ones(3))


@pytest.mark.parametrize("member", MEMBERS)
def test_the_lean_one_gives_the_same(member: str):
    found = make(member).layered()
    batch = batch_of(found)
    with torch.no_grad():
        features, leaner = found.encode(batch), found.lean(batch)
        size = max(1.0, float(features.abs().max()))
        torch.testing.assert_close(leaner.encode(batch), features, atol=1e-4 * size, rtol=1e-3)
    assert leaner.layer == found.layer


@pytest.mark.parametrize("member", FEW)
def test_the_exported_folder_is_read_back(member: str, tmp_path: Path):
    found = make(member).layered()
    head = head_for(found)
    found.export(tmp_path, head, CLASSES)
    read = read_exported(tmp_path)
    assert read.classes == CLASSES
    np.testing.assert_allclose(read.head.weight, head.weight, rtol=1e-6)
    batch = batch_of(found)
    with torch.no_grad():
        torch.testing.assert_close(read.backbone.encode(batch), found.encode(batch))
    assert read.backbone.layer == found.layer


def test_what_reads_items_lies_beside_the_model_too(tmp_path: Path):
    found = make("bert").layered()
    found.export(tmp_path, head_for(found), CLASSES)
    inside, outside = ({path.name for path in folder.iterdir()} for folder in (tmp_path / BODY, tmp_path))
    assert inside - outside == {"model.safetensors"}
    assert outside - inside == {BODY, LAYERS, "layers_model.py"}


@pytest.mark.parametrize("member", OPAQUE)
def test_a_body_of_whose_blocks_no_module_gives_the_output_is_refused(member: str):
    with pytest.raises(UserError, match=rf"What (block|layer) 1, .* of \w+:{member} gives cannot be read from outside"):
        make(member).layered()


def test_a_module_that_is_called_twice_is_no_place_to_read_at():
    """A fire module ends in an activation that it has used before."""
    found = make("headstart_squeezenet").layered()
    assert {layer.module.rpartition(".")[2] for layer in found.layers} <= {str(number) for number in range(13)}


def test_joined_bodies_are_refused():
    with pytest.raises(UserError, match=r"can be read at its end only; choose a strategy that does"):
        make(JOINED[0]).layered()


def test_a_head_that_does_not_fit_is_refused(tmp_path: Path):
    found = make("test_resnet").layered()
    with pytest.raises(UserError, match="features"):
        found.export(tmp_path, LinearHead(weight=np.zeros((4, 7)), bias=np.zeros(4)), CLASSES)


@pytest.mark.parametrize("harm", ["missing", "no tensors", "no layers"])
def test_damaged_weights_of_layers_are_said(harm: str, tmp_path: Path):
    found = make("test_resnet").layered()
    found.export(tmp_path, head_for(found), CLASSES)
    config = tmp_path / "config.json"
    if harm == "missing":
        config.unlink()
    elif harm == "no tensors":
        (tmp_path / LAYERS).write_bytes(b"")
    else:
        config.write_text(json.dumps({"model_type": "headstart_layers"}))
    with pytest.raises(Unavailable, match=r"is damaged: the weights of its layers cannot be read"):
        read_exported(tmp_path)


def test_the_folder_as_a_pretrained_model_is_its_body(tmp_path: Path):
    found = make("test_resnet").layered()
    found.export(tmp_path, head_for(found), CLASSES)
    info = Local().find(str(tmp_path))
    assert info is not None
    assert info.dim == found.whole.info.dim
    assert info.classes == 0
    assert Local().classifier(info) is None, "half of a classifier was taken for one"
    body = Local().load(info)
    batch = body.preprocess.collate([body.preprocess.item(item) for item in raw_items(found)])
    with torch.no_grad():
        torch.testing.assert_close(body.encode(batch), found.whole.encode(batch_of(found)))
