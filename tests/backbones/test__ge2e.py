from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from headstart.backbones._ge2e import FRAMES
from headstart.core.sound import LONGEST_HEARD
from tests.backbones.members import CLASSES, batch_of, head_for, make

KIND = "headstart_ge2e"


def test_features_are_what_the_travelling_model_gives():
    backbone = make(KIND)
    batch = batch_of(backbone)
    with torch.no_grad():
        expected = backbone.module(batch["input_values"], batch["attention_mask"])
        torch.testing.assert_close(backbone.encode(batch), expected)


def test_a_state_holds_whole_parts_and_a_mask_of_those_there_are():
    backbone = make(KIND)
    values = torch.randn(2, 5 * 16_000)
    mask = (torch.arange(values.shape[1]) < torch.tensor([[values.shape[1]], [32_000]])).long()
    with torch.no_grad():
        state = backbone.lower({"input_values": values, "attention_mask": mask}, 2)
    frames = state["attention_mask"].sum(dim=1)
    assert state["hidden"].shape == (2, frames.max(), 16)
    assert (frames % FRAMES == 0).all()
    assert frames[0] > frames[1] >= FRAMES
    assert [len(part["hidden"]) for part in backbone.split(state)] == frames.tolist()


def test_clips_are_heard_as_they_are_and_for_half_a_minute():
    backbone = make(KIND)
    assert not backbone.preprocess.extractor.do_normalize
    assert backbone.preprocess.seconds == LONGEST_HEARD


def test_its_folder_holds_what_runs_it_and_names_it(tmp_path: Path):
    backbone = make(KIND)
    backbone.export(tmp_path, head_for(backbone), CLASSES)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["auto_map"]["AutoModelForAudioClassification"] == "ge2e_model.Ge2eForAudioClassification"
    code = (tmp_path / "ge2e_model.py").read_text()
    assert "class Ge2eForAudioClassification" in code
    assert "class Ge2eConfig" in code


@pytest.mark.parametrize("silent", [0, 1])
def test_silence_is_no_trouble(silent: int):
    backbone = make(KIND)
    batch = batch_of(backbone)
    batch["input_values"][silent] = 0.0
    with torch.no_grad():
        assert torch.isfinite(backbone.encode(batch)).all()
