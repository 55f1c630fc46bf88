from __future__ import annotations

import json
from pathlib import Path

import torch
import torchvision

from headstart.backbones._squeezenet_model import SqueezeNet
from tests.backbones.members import CLASSES, head_for, make


def test_it_computes_what_torchvisions_does_up_to_the_classifier() -> None:
    theirs, ours = torchvision.models.squeezenet1_1(weights=None).eval(), SqueezeNet(0).eval()
    ours.load_state_dict({name: each for name, each in theirs.state_dict().items() if name.startswith("features.")})
    pixels = torch.randn(2, 3, 101, 90, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(ours(pixels), theirs.features(pixels).mean(dim=(2, 3)))


def test_a_classifier_comes_and_goes() -> None:
    model = SqueezeNet(5, width=4)
    classifier = model.get_classifier()
    assert isinstance(classifier, torch.nn.Linear)
    assert classifier.weight.shape == (5, model.num_features)
    pixels = torch.randn(2, 3, 64, 64)
    hidden = model.forward_features(pixels)
    pooled = model.forward_head(hidden, pre_logits=True)
    torch.testing.assert_close(model(pixels), classifier(pooled))
    model.reset_classifier(0)
    torch.testing.assert_close(model(pixels), pooled)


def test_dropout_is_where_the_original_has_it_and_only_in_training() -> None:
    model = SqueezeNet(0, drop_rate=0.9, width=4)
    pixels = torch.randn(2, 3, 64, 64)
    trained, pooled = model(pixels), model.eval()(pixels)
    assert (trained == 0).sum() > (pooled == 0).sum()


def test_timm_groups_its_layers_by_depth() -> None:
    from timm.models import group_parameters

    model = SqueezeNet(3, width=4)
    groups = group_parameters(model, model.group_matcher(), reverse=True)  # type: ignore[arg-type]
    assert groups["features.0.weight"] == 0
    assert groups["features.3.squeeze.weight"] < groups["features.12.squeeze.weight"] <= groups["classifier.weight"]


def test_its_folder_holds_the_code_and_names_it(tmp_path: Path) -> None:
    backbone = make("headstart_squeezenet")
    assert backbone.code == "squeezenet_model.py"
    backbone.export(tmp_path, head_for(backbone), CLASSES)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert config["auto_map"]["AutoModelForImageClassification"] == (
        "squeezenet_model.SqueezeNetForImageClassification"
    )
    assert "class SqueezeNetForImageClassification" in (tmp_path / "squeezenet_model.py").read_text(encoding="utf-8")
