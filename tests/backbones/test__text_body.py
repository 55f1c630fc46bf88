from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from headstart.backbones import _text_body
from headstart.core.errors import UserError
from tests.backbones.members import CLASSES, batch_of, head_for, make
from tests.backbones.tiny import config_of


@pytest.mark.parametrize("kind", _text_body.FAMILIES)
def test_the_layers_run_as_transformers_runs_them(kind: str) -> None:
    backbone = make(kind)
    batch = batch_of(backbone)
    with torch.no_grad():
        hidden = backbone.module(**batch).last_hidden_state
        ours = backbone._run(backbone._embedded(batch), batch["attention_mask"], 0, 3)  # type: ignore[attr-defined]
    mask = batch["attention_mask"].bool()
    assert torch.equal(ours[mask], hidden[mask])


def test_embeddings_belong_to_the_first_layers_block() -> None:
    blocks = make("bert").blocks
    assert blocks[0].modules == ("embeddings", "encoder.layer.0")
    assert [block.name for block in blocks] == ["layer 1", "layer 2", "layer 3"]


def test_the_exported_configuration_is_an_ordinary_one_with_one_more_layer(tmp_path: Path) -> None:
    backbone = make("bert")
    backbone.export(tmp_path, head_for(backbone), CLASSES)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["architectures"] == ["BertForSequenceClassification"]
    assert config["num_hidden_layers"] == 4
    assert config["headstart_pooling"] == "mean_as_attention"
    assert config["problem_type"] == "single_label_classification"
    assert config["id2label"] == {"0": "None", "1": "1", "2": "été", "3": "a/b"}
    assert config["label2id"] == {"None": 0, "1": 1, "été": 2, "a/b": 3}
    assert _text_body.body_config("x", config).num_hidden_layers == 3


def test_other_kinds_are_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"^x is a 'xlmroberta' model; .* bert, roberta, xlm-roberta\. Did you"):
        _text_body.body_config("x", {**config_of("bert"), "model_type": "xlmroberta"})
    with pytest.raises(UserError, match="is a '' model"):
        _text_body.body_config("x", {})


def test_attention_dropout_is_honoured_in_training_mode() -> None:
    backbone = make("bert")
    batch = batch_of(backbone)
    backbone.module.train()
    with torch.no_grad():
        assert not torch.equal(backbone.encode(batch), backbone.encode(batch))
    backbone.module.eval()
