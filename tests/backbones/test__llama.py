from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.backbones import _sequence_body
from headstart.backbones._llama import Llama
from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError
from tests.backbones.members import CLASSES, batch_of, head_for, make
from tests.backbones.tiny import config_of, info

HEAD = LinearHead(weight=np.random.default_rng(1).normal(size=(4, 16)), bias=np.array([3.0, -1.0, 0.0, 7.0]))


def widened(scale: float):
    """A body whose weights are ``scale`` times as large, and the classification model it is written as."""
    from transformers import LlamaForSequenceClassification

    backbone = make("llama")
    with torch.no_grad():
        for parameter in backbone.module.parameters():
            parameter.mul_(scale)
    family = Llama()
    config = {**backbone.module.config.to_dict(), **family.changes(backbone.module.config)}
    config |= {"pad_token_id": 3, "id2label": {number: str(number) for number in range(4)}}  # the filler of batches
    model = LlamaForSequenceClassification(type(backbone.module.config)(**config))
    model.load_state_dict(family.written(backbone.module, HEAD), strict=True)
    return backbone, model.eval()


@pytest.mark.parametrize("scale", [0.3, 1.0, 30.0], ids=["near the norms' eps", "drawn", "large"])
def test_the_wider_model_computes_the_head_with_its_bias(scale: float) -> None:
    backbone, model = widened(scale)
    batch = batch_of(backbone)
    with torch.no_grad():
        expected = HEAD.logits(backbone.encode(batch).double().numpy())
        logits = model(**batch).logits.double().numpy()
    np.testing.assert_allclose(logits, expected, atol=2e-4 * max(1.0, np.abs(expected).max() / 10))


def test_the_folder_is_an_ordinary_wider_model_and_the_body_comes_back(tmp_path: Path) -> None:
    backbone = make("llama")
    backbone.export(tmp_path, head_for(backbone), CLASSES)
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["hidden_size"], config["num_hidden_layers"], config["mlp_bias"]) == (18, 4, True)
    restored = Llama().configured(config)
    assert (restored.hidden_size, restored.num_hidden_layers, restored.mlp_bias, restored.head_dim) == (16, 3, False, 8)
    assert restored.rms_norm_eps == pytest.approx(backbone.module.config.rms_norm_eps, rel=1e-12)
    body, head = Llama().parted(Llama().written(backbone.module, HEAD), backbone.module.config)
    assert body.keys() == backbone.module.state_dict().keys()
    for name, tensor in backbone.module.state_dict().items():
        torch.testing.assert_close(body[name], tensor, atol=1e-7, rtol=1e-6)
    np.testing.assert_allclose(head.weight, HEAD.weight, atol=1e-6)
    np.testing.assert_allclose(head.bias, HEAD.bias, atol=1e-6)


def test_a_body_with_narrow_feed_forward_layers_is_refused() -> None:
    member = make("llama")
    config = {**config_of("llama"), "intermediate_size": 16}
    narrow = _sequence_body.build(info("x", modality="text", dim=16), config, member.preprocess, seed=0)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="A Llama of width 16 with feed-forward layers of width 16 cannot be exported"):
        Llama().written(narrow.module, HEAD)
