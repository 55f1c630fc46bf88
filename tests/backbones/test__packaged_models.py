from __future__ import annotations

import dataclasses

import pytest

from headstart.backbones import packaged
from headstart.backbones._facts import image_info, sequence_info
from headstart.backbones._packaged_models import MODELS

COUNTED = ("dim", "parameters", "gflops", "input", "modality")


def test_facts_are_complete_and_pinned() -> None:
    for identifier, model in MODELS.items():
        info = model.info
        assert info.name == f"packaged:{identifier}"
        assert info.revision == model.wheels[0].requirement
        assert info.sha256 in model.wheels[0].files.values()
        assert info.bytes == sum(wheel.bytes for wheel in model.wheels)
        assert info.licence in ("Apache-2.0", "MIT")


@pytest.mark.parametrize("identifier", MODELS)
def test_the_written_facts_are_what_counting_gives(identifier: str) -> None:
    model = MODELS[identifier]
    known = {field.name: getattr(model.info, field.name) for field in dataclasses.fields(model.info)}
    known = {name: value for name, value in known.items() if name not in COUNTED}
    if model.architecture:
        counted = image_info(packaged._architecture(model), known)
    else:
        (size,) = model.info.input.values()
        counted = sequence_info(model.info.name, model.config, known, size=size)
    assert dataclasses.replace(counted, gflops=round(counted.gflops, 3)) == model.info


def test_preprocessing_is_timms_own_where_timm_has_the_same_weights() -> None:
    import timm

    for identifier in ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"):
        model = MODELS[identifier]
        cfg = timm.get_pretrained_cfg(model.architecture)
        assert cfg is not None
        theirs = cfg.to_dict()
        for name in ("input_size", "interpolation", "crop_pct", "crop_mode", "mean", "std"):
            assert model.pretrained_cfg[name] == theirs[name]
