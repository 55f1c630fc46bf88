from __future__ import annotations

import pytest

from headstart.backbones._facts import sequence_info
from headstart.backbones._hub_models import ALIASES, TIMM, TRANSFORMERS
from headstart.backbones._packaged_models import _bert_config


def test_every_name_carries_its_source_and_every_alias_a_repository() -> None:
    assert all(info.source == "timm" for info in TIMM)
    assert all(info.source == "transformers" for info in TRANSFORMERS)
    assert all("/" in repo and repo.endswith(short) for short, repo in ALIASES.items())


def test_rates_fit_the_family() -> None:
    rates = {info.name.removeprefix("timm:").partition(".")[0]: (info.family, info.rate) for info in TIMM}
    assert rates["resnet50"] == ("resnet", 1e-4)
    assert rates["vit_small_patch16_224"] == ("vision_transformer", 5e-5)
    assert rates["vit_small_patch14_dinov2"] == ("dinov2", 3e-5)


@pytest.mark.parametrize(
    ("repo", "layers", "width"),
    [
        ("sentence-transformers/all-MiniLM-L6-v2", 6, 384),
        ("BAAI/bge-small-en-v1.5", 12, 384),
        ("google-bert/bert-base-uncased", 12, 768),
    ],
)
def test_the_written_facts_of_encoders_are_what_counting_gives(repo: str, layers: int, width: int) -> None:
    written = next(info for info in TRANSFORMERS if info.name == f"transformers:{repo}")
    config = {**_bert_config(layers), "hidden_size": width, "intermediate_size": 4 * width}
    known = {"name": written.name, "pretraining": "", "licence": "", "revision": "", "sha256": "", "bytes": 0}
    counted = sequence_info(written.name, config, {**known, "prior": 0.0, "prior_of": ""}, size=512)
    assert (written.dim, written.parameters) == (counted.dim, counted.parameters)
    assert written.gflops == pytest.approx(counted.gflops, abs=1e-3)


OTHERS = {
    "distilbert/distilbert-base-uncased": {"model_type": "distilbert"},
    "FacebookAI/roberta-base": {
        "model_type": "roberta", "vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1,
        "pad_token_id": 1,
    },
    "answerdotai/ModernBERT-base": {"model_type": "modernbert"},
    "xlnet/xlnet-base-cased": {"model_type": "xlnet", "d_model": 768, "n_layer": 12, "n_head": 12, "d_inner": 3072},
    "openai-community/gpt2": {"model_type": "gpt2"},
    "HuggingFaceTB/SmolLM2-135M": {
        "model_type": "llama", "hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9,
        "num_key_value_heads": 3, "intermediate_size": 1536, "vocab_size": 49152,
    },
    "google-t5/t5-small": {"model_type": "t5"},
    "openai/whisper-base": {
        "model_type": "whisper", "d_model": 512, "encoder_layers": 6, "encoder_attention_heads": 8,
        "encoder_ffn_dim": 2048,
    },
    "facebook/wav2vec2-base": {"model_type": "wav2vec2"},
    "facebook/hubert-base-ls960": {"model_type": "hubert"},
    "microsoft/wavlm-base-plus": {"model_type": "wavlm"},
    "MIT/ast-finetuned-audioset-10-10-0.4593": {"model_type": "audio-spectrogram-transformer"},
}  # fmt: skip
"""What their ``config.json`` has otherwise than transformers' own values."""


@pytest.mark.parametrize("repo", OTHERS)
@pytest.mark.filterwarnings("ignore:At least one mel filter has all zero values")
def test_the_written_facts_of_other_families_are_what_counting_gives(repo: str) -> None:
    written = next(info for info in TRANSFORMERS if info.name == f"transformers:{repo}")
    known = {"name": written.name, "pretraining": "", "licence": "", "revision": "", "sha256": "", "bytes": 0}
    (size,) = written.input.values()
    counted = sequence_info(written.name, OTHERS[repo], {**known, "prior": 0.0, "prior_of": ""}, size=size)
    assert (written.dim, written.parameters, written.family) == (counted.dim, counted.parameters, counted.family)
    assert written.modality == counted.modality
    assert written.gflops == pytest.approx(counted.gflops, abs=1e-3)
