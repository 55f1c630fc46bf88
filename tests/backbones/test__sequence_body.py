from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import torch

from headstart.backbones._families import family_of
from headstart.backbones._sequence_body import SequenceBackbone
from tests.backbones.members import CLASSES, ENCODERS, batch_of, head_for, make


@pytest.mark.parametrize("kind", ENCODERS)
def test_the_layers_run_as_transformers_runs_them(kind: str) -> None:
    backbone = make(kind)
    assert isinstance(backbone, SequenceBackbone)
    batch, family, body = batch_of(backbone), backbone.family, backbone.module
    given = dict(batch)
    if kind == "t5":  # whose own pass reads the table of embeddings by two other names
        body = copy.deepcopy(body)
        body.encoder.embed_tokens = body.decoder.embed_tokens = body.shared
        given["decoder_input_ids"] = torch.nn.functional.pad(batch["input_ids"][:, :-1], (1, 0))
    with torch.no_grad():
        hidden = body(**given).last_hidden_state
        state = family.run(body, family.begin(body, batch), 0, len(backbone.blocks))
        ours = state.get("decoder", state["hidden"])
        for norm in ("final_norm", "ln_f", "norm"):
            ours = getattr(body, norm)(ours) if hasattr(body, norm) else ours
        ours = body.decoder.final_layer_norm(ours) if kind == "t5" else ours
    mask = batch["attention_mask"].bool()
    torch.testing.assert_close(ours[mask], hidden[mask], atol=1e-6, rtol=1e-5)


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
    assert family_of("x", config).configured(config).num_hidden_layers == 3


def test_attention_dropout_is_honoured_in_training_mode() -> None:
    backbone = make("bert")
    batch = batch_of(backbone)
    backbone.module.train()
    with torch.no_grad():
        assert not torch.equal(backbone.encode(batch), backbone.encode(batch))
    backbone.module.eval()
