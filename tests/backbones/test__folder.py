"""What a folder says about itself; reading models back is tested with the source that does it (`test_local`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headstart.backbones._folder import describe, is_image, read_config
from headstart.core.errors import Unavailable
from tests.backbones.members import CLASSES, head_for, make
from tests.backbones.tiny import encoder_files, write


def test_the_kind_of_model_is_seen_in_the_configuration(tmp_path: Path) -> None:
    make("test_resnet").export(tmp_path / "image", head_for(make("test_resnet")), CLASSES)
    make("bert").export(tmp_path / "text", head_for(make("bert")), CLASSES)
    make("whisper").export(tmp_path / "sound", head_for(make("whisper")), CLASSES)
    assert [is_image(read_config(tmp_path / kind)) for kind in ("image", "text", "sound")] == [True, False, False]


def test_an_exported_folder_keeps_what_was_known_of_its_body(tmp_path: Path) -> None:
    backbone = make("roberta")
    backbone.export(tmp_path, head_for(backbone), CLASSES)
    found = describe(tmp_path, "local:here")
    assert found.name == "local:here"
    assert found.sha256 != backbone.info.sha256
    assert (found.dim, found.licence, found.prior, found.prior_of) == (16, "MIT", 0.5, "nothing")


def test_a_folder_from_elsewhere_states_nothing(tmp_path: Path) -> None:
    found = describe(write(tmp_path, encoder_files("xlm-roberta")), "local:here")
    assert (found.licence, found.prior, found.prior_of) == ("not stated in the folder", 0.0, "unknown")
    assert found.input == {"tokens": 24}


def test_facts_of_a_later_release_are_ignored(tmp_path: Path) -> None:
    backbone = make("bert")
    backbone.export(tmp_path, head_for(backbone), CLASSES)
    config = json.loads((tmp_path / "config.json").read_text())
    config["headstart"]["backbone"]["colour"] = "green"
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert describe(tmp_path, "local:here").dim == 16


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"config\.json cannot be read \(No such file or directory\), so"):
        describe(tmp_path, "local:here")
