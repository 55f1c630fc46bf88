from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.backbones.local import read_exported
from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError
from tests.backbones.members import CLASSES, JOINED, batch_of, head_for, make, raw_items


def test_features_are_those_of_the_parts_side_by_side():
    backbone = make("test_resnet+test_vit")
    items = raw_items(backbone)
    with torch.no_grad():
        alone = [
            part.encode(part.preprocess.collate([part.preprocess.item(item) for item in items]))
            for part in backbone.parts
        ]
        assert torch.equal(backbone.encode(batch_of(backbone)), torch.cat(alone, dim=1))


def test_blocks_hold_those_of_every_part_at_their_depth():
    backbone = make("test_resnet+test_vit")
    counts = [len(part.blocks) for part in backbone.parts]
    assert len(backbone.blocks) == min(counts)
    assert len(set(counts)) == 2  # or nothing had to be brought together
    inside = [block.name.split(" + ") for block in backbone.blocks]
    assert sum(len(names) for names in inside) == sum(counts)
    for number, part in enumerate(backbone.parts):
        owned = [sum(block.owns(f"{number}.{name}") for block in backbone.blocks) for name in part.module.state_dict()]
        assert set(owned) == {1}


def test_activations_of_the_parts_stand_at_positions_and_channels_of_their_own():
    backbone = make("test_resnet+test_vit")
    with torch.no_grad():
        state = backbone.lower(batch_of(backbone), 1)
        dense = backbone.dense(state, 1)
        first, second = (
            part.dense({name[2:]: tensor for name, tensor in state.items() if name.startswith(f"{number}.")}, cut)
            for number, (part, cut) in enumerate(zip(backbone.parts, backbone._cuts[1], strict=True))
        )
    positions, channels = first.values.shape[1:]
    assert torch.equal(dense.values[:, :positions, :channels], first.values)
    assert torch.equal(dense.values[:, positions:, channels:], second.values)
    assert not dense.values[:, :positions, channels:].any()
    assert not dense.values[:, positions:, :channels].any()
    torch.testing.assert_close(dense.weights[:, :positions], first.weights / 2)


@pytest.mark.parametrize("member", JOINED)
def test_an_exported_model_is_ordinary_models_whose_logits_add_up(member: str, tmp_path: Path):
    backbone = make(member)
    head = head_for(backbone)
    backbone.export(tmp_path, head, CLASSES)
    with torch.no_grad():
        expected = head.logits(backbone.encode(batch_of(backbone)).double().numpy())
    total = np.zeros_like(expected)
    for number in range(len(backbone.parts)):
        part = read_exported(tmp_path / str(number))
        assert part.classes == CLASSES
        with torch.no_grad():
            total += part.head.logits(part.backbone.encode(batch_of(part.backbone)).double().numpy())
    np.testing.assert_allclose(total, expected, atol=1e-4)
    whole = read_exported(tmp_path)
    with torch.no_grad():
        found = whole.head.logits(whole.backbone.encode(batch_of(whole.backbone)).double().numpy())
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert whole.classes == CLASSES
    named = json.loads((tmp_path / "joined.json").read_text(encoding="utf-8"))["parts"]
    assert list(named.values()) == [part.info.name for part in backbone.parts]


def test_pictures_are_read_by_the_parts_as_they_were_by_the_whole(tmp_path: Path):
    backbone = make("test_resnet+test_vit")
    for side in (256, None):
        backbone.preprocess = backbone.preprocess.asking_for(side)
        backbone.export(tmp_path, head_for(backbone), CLASSES)
        assert read_exported(tmp_path / "1").backbone.preprocess.least_side == side
        assert read_exported(tmp_path).backbone.preprocess.least_side == side


def test_a_head_that_does_not_fit_is_refused_before_anything_is_written(tmp_path: Path):
    head = LinearHead(weight=np.zeros((4, 3)), bias=np.zeros(4))
    with pytest.raises(UserError, match=r"The head has weights \(4, 3\) and bias \(4,\)"):
        make("bert+gpt2").export(tmp_path / "new", head, CLASSES)
    assert not (tmp_path / "new").exists()
