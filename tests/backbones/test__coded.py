from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings

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


@pytest.mark.parametrize("architecture", CODED)
def test_what_is_made_is_of_the_code_here_whatever_folder_was_read(architecture: str, monkeypatch) -> None:
    """transformers runs the code of a folder as a module of its own, which may be older."""
    spec = importlib.util.spec_from_file_location("code_of_a_folder", CODED[architecture].path)
    assert spec is not None
    assert spec.loader is not None
    other = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "code_of_a_folder", other)
    spec.loader.exec_module(other)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # timm says that the name is taken
        timm.models.register_model(vars(other)[architecture])
    assert type(timm.create_model(architecture, num_classes=0)).__module__ == "code_of_a_folder"
    found = type(create(architecture, num_classes=0)).__module__
    here = importlib.import_module(f"headstart.backbones.{CODED[architecture].path.stem}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        timm.models.register_model(vars(here)[architecture])
    assert found == here.__name__


@pytest.mark.parametrize("architecture", CODED)
def test_timm_has_nothing_to_say_when_it_makes_it(architecture: str, caplog: pytest.LogCaptureFixture) -> None:
    create(architecture, num_classes=0)
    timm.create_model(architecture, num_classes=0)
    assert caplog.messages == []
