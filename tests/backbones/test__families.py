from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from headstart.backbones._families import FAMILIES, chosen, family_of, native, weights_in
from headstart.core.errors import Unavailable, UserError
from tests.backbones.members import PUBLISHED, make
from tests.backbones.tiny import config_of, encoder_files, write


def test_other_kinds_are_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"^x is a 'xlmroberta' model; .* bert, roberta, xlm-roberta, .*\. Did you"):
        family_of("x", {**config_of("bert"), "model_type": "xlmroberta"})
    with pytest.raises(UserError, match="is a '' model"):
        family_of("x", {})


@pytest.mark.parametrize("kind", PUBLISHED)
def test_a_folder_of_transformers_gives_the_bodys_weights(kind: str, tmp_path: Path) -> None:
    files = encoder_files(kind, seed=3)
    found = weights_in("x", config_of(kind), write(tmp_path, files))
    family = FAMILIES[kind]
    body = family.body(family.configured(config_of(kind)))
    assert found.keys() == body.state_dict().keys()
    body.load_state_dict(found, strict=True)
    saved = load(files["model.safetensors"])
    name = next(
        name for name in found if "layers.0." in name or "layer.0." in name or "h.0." in name or "block.0." in name
    )
    assert any(tensor.shape == found[name].shape and torch.equal(tensor, found[name]) for tensor in saved.values())


@pytest.mark.parametrize("kind", ["bert", "gpt2", "wav2vec2"])
def test_a_model_with_a_head_gives_its_body_only(kind: str, tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForAudioClassification, AutoModelForSequenceClassification

    maker = AutoModelForSequenceClassification if FAMILIES[kind].modality == "text" else AutoModelForAudioClassification
    config = config_of(kind)
    model = maker.from_config(AutoConfig.for_model(kind, **{k: v for k, v in config.items() if k != "model_type"}))
    model.save_pretrained(tmp_path)
    found = weights_in("x", config, tmp_path)
    assert not any("classifier" in name or "score" in name for name in found)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    files = encoder_files("bert")
    others = save({"something": torch.zeros(1)}, {"format": "pt"})
    write(tmp_path, {**files, "model.safetensors": others})
    with pytest.raises(
        Unavailable, match=r"The weights of x are not those of a bert model \('embeddings\..*' is missing"
    ):
        weights_in("x", config_of("bert"), tmp_path)
    wide = {**config_of("bert"), "hidden_size": 32}
    write(tmp_path, {**files, "config.json": json.dumps(wide).encode()})
    with pytest.raises(Unavailable, match="The weights of x are not those of a bert model"):
        weights_in("x", wide, tmp_path)


def test_weights_in_the_bodys_own_names_are_picked() -> None:
    state = make("bert").module.state_dict()
    assert chosen("x", config_of("bert"), {**state, "pooler.dense.weight": torch.zeros(1)}).keys() == state.keys()
    state.pop("encoder.layer.0.output.dense.weight")
    with pytest.raises(Unavailable, match=r"a bert model \('encoder\.layer\.0\.output\.dense\.weight' is missing"):
        chosen("x", config_of("bert"), state)


@pytest.mark.parametrize(("kind", "size"), [("bert", 40), ("roberta", 39), ("whisper", 30), ("wavlm", 30)])
def test_how_much_a_model_reads_is_in_its_configuration(kind: str, size: int) -> None:
    assert native("x", config_of(kind), {}) == size
