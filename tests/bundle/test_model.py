from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.baselines.tfidf import Tfidf
from headstart.bundle.domain import FILE
from headstart.bundle.model import CARD, Card, read_card, write_baseline, write_transfer
from headstart.core.domain_reference import DomainReference
from headstart.core.errors import Unavailable
from tests.backbones.members import CLASSES, head_for, make
from tests.backbones.tiny import TEXTS

TRANSFER = Card(
    serves="transfer",
    modality="image",
    task="classification",
    classes=CLASSES,
    temperature=1.25,
    trained_from={"model": "timm:test_resnet", "revision": "1", "sha256": "", "licence": "MIT"},
    arithmetic={"dtype": "bfloat16", "exact_blocks": 2, "threads": 0, "batch": 32, "channels_last": True},
)
VALUES: dict[str, Any] = {
    "schema": 1,
    "serves": "tfidf",
    "modality": "text",
    "task": "classification",
    "classes": ["a", "b"],
    "temperature": 1,
    "trained_from": {},
    "arithmetic": {},
}


def written(folder: Path, values: Any) -> Path:
    (folder / CARD).write_text(json.dumps(values), encoding="utf-8")
    return folder


def test_a_transfer_is_a_transformers_folder_with_a_card(tmp_path: Path):
    backbone = make("test_resnet")
    write_transfer(tmp_path / "deep" / "model", backbone, head_for(backbone), TRANSFER)
    assert read_card(tmp_path / "deep" / "model") == TRANSFER
    assert {"config.json", "model.safetensors", CARD} <= {path.name for path in (tmp_path / "deep/model").iterdir()}
    assert len({path.stat().st_mode for path in (tmp_path / "deep/model").iterdir()}) == 1
    assert "été" in (tmp_path / "deep" / "model" / CARD).read_bytes().decode("utf-8")


def test_a_baseline_is_its_own_files_with_a_card(tmp_path: Path):
    baseline = Tfidf()
    baseline.fit(baseline.describe(TEXTS * 2), np.array([0, 1, 0] * 2), 2)
    card = Card(
        serves="tfidf",
        modality="text",
        task="classification",
        classes=("a", "b"),
        temperature=1.0,
        trained_from={},
        arithmetic={},
    )
    write_baseline(tmp_path / "model", baseline, card)
    assert read_card(tmp_path / "model") == card
    described = baseline.describe(TEXTS)
    assert np.array_equal(Tfidf.load(tmp_path / "model").logits(described), baseline.logits(described))


def test_a_folder_without_a_card_is_no_model_folder(tmp_path: Path):
    with pytest.raises(Unavailable, match=r"is not a headstart model folder: it has no headstart\.json"):
        read_card(tmp_path)


def test_a_card_that_cannot_be_read_says_why(tmp_path: Path):
    (tmp_path / CARD).mkdir()
    with pytest.raises(Unavailable, match=r"headstart\.json' cannot be read \(Is a directory\); check its permissions"):
        read_card(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "it is not JSON"), (b"\xff", "it is not JSON"), (b"[1]", "it holds no JSON object")]
)
def test_a_damaged_card_is_refused(content: bytes, reason: str, tmp_path: Path):
    (tmp_path / CARD).write_bytes(content)
    with pytest.raises(
        Unavailable, match=rf"headstart\.json' is damaged: {reason}.*Run the command that made the run again"
    ):
        read_card(tmp_path)


@pytest.mark.parametrize("schema", [2, None, "1"])
def test_another_schema_is_refused(schema: Any, tmp_path: Path):
    with pytest.raises(Unavailable, match=rf"has schema {schema!r}, this headstart reads schema 1\. Install the"):
        read_card(written(tmp_path, VALUES | {"schema": schema}))


@pytest.mark.parametrize("field", [name for name in VALUES if name != "schema"])
def test_a_missing_field_is_named(field: str, tmp_path: Path):
    with pytest.raises(Unavailable, match=rf"is damaged: '{field}' should be "):
        read_card(written(tmp_path, {name: value for name, value in VALUES.items() if name != field}))


def test_fields_of_the_wrong_type_are_named_at_once(tmp_path: Path):
    wrong = VALUES | {"modality": "sound", "classes": "ab", "temperature": True, "trained_from": {"model": 1}}
    wrong["arithmetic"] = {"dtype": "int8"}
    with pytest.raises(
        Unavailable,
        match=r"'modality' should be one of image, text, audio; 'classes' should be a list of texts; "
        r"'temperature' should be a number; 'trained_from' should be an object of texts; "
        r"'arithmetic' should be empty or what `Arithmetic\.note` gives\. Run",
    ):
        read_card(written(tmp_path, wrong))


def test_fields_that_are_not_known_are_passed_over(tmp_path: Path):
    assert read_card(written(tmp_path, VALUES | {"added": "later"})).classes == ("a", "b")


def test_the_column_is_kept_and_older_cards_name_none(tmp_path: Path):
    assert read_card(written(tmp_path, VALUES)).column == ""
    assert read_card(written(tmp_path, {**VALUES, "column": "body"})).column == "body"
    with pytest.raises(Unavailable, match="'column' should be a text"):
        read_card(written(tmp_path, {**VALUES, "column": 3}))


def test_the_domain_reference_is_written_and_older_cards_name_none(tmp_path: Path):
    assert read_card(written(tmp_path, VALUES)).domain == ""
    with pytest.raises(Unavailable, match="'domain' should be empty or one of training items, test items"):
        read_card(written(tmp_path, {**VALUES, "domain": "others"}))
    backbone = make("test_resnet")
    features, predicted = np.zeros((2, backbone.info.dim), np.float32), np.zeros(2, int)
    reference = DomainReference(
        of="test items", features=features, predicted=predicted, targets=None, looks=({"a": 1.0},)
    )
    write_transfer(tmp_path / "model", backbone, head_for(backbone), TRANSFER, reference)
    assert read_card(tmp_path / "model").domain == "test items"
    assert (tmp_path / "model" / FILE).is_file()
