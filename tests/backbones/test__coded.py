from __future__ import annotations

import importlib

import pytest
import timm

from headstart.backbones._coded import CODED, create, kind


@pytest.mark.parametrize("architecture", CODED)
def test_its_code_holds_the_classes_that_transformers_is_told_of(architecture: str) -> None:
    coded = CODED[architecture]
    code = importlib.import_module(f"headstart.backbones.{coded.path.stem}")
    said = kind(architecture)
    assert said["model_type"] == architecture == getattr(code, coded.config).model_type
    assert said["auto_map"]["AutoModelForImageClassification"] == f"{coded.file[:-3]}.{coded.model}"
    assert getattr(code, coded.model).config_class is getattr(code, coded.config)


def test_what_timm_knows_is_read_by_transformers_own_class() -> None:
    assert kind("resnet18") == {
        "architectures": ["TimmWrapperForImageClassification"],
        "model_type": "timm_wrapper",
    }
    assert type(create("test_resnet", num_classes=0)) is type(timm.create_model("test_resnet", num_classes=0))


@pytest.mark.parametrize("architecture", CODED)
def test_what_timm_lacks_is_made(architecture: str) -> None:
    cfg = {"input_size": (3, 64, 64)}
    assert create(architecture, num_classes=3, pretrained_cfg=cfg).num_classes == 3
