"""Tiny real members: timm's ``test_*`` architectures and BERT-like encoders a few thousand parameters large."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save

from headstart.core.backbone import BackboneInfo
from headstart.core.sound import Clip

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS += ["a", "b", "c", "good", "bad", "film", "the", "was", "very", "not", "##s", "##ly", "."]
TEXTS = ["the film was good .", "bad", "the film was not very good . " * 12]


def info(name: str, **changes: Any) -> BackboneInfo:
    facts: dict[str, Any] = {
        "name": name,
        "modality": "image",
        "dim": 64,
        "parameters": 1,
        "gflops": 0.1,
        "input": {"size": 160},
        "pretraining": "none",
        "licence": "MIT",
        "revision": "1",
        "sha256": "",
        "bytes": 1,
        "prior": 0.5,
        "prior_of": "nothing",
        "family": "test",
    }
    return BackboneInfo(**{**facts, **changes})


def pictures(count: int = 3) -> list[Image.Image]:
    """Smooth colourful pictures of different shapes."""
    shapes = [(200, 160), (90, 310), (64, 64), (333, 120)]
    found = []
    for number in range(count):
        generator = torch.Generator().manual_seed(number)
        coarse = torch.randint(0, 256, (6, 5, 3), generator=generator, dtype=torch.uint8).numpy()
        found.append(Image.fromarray(coarse).resize(shapes[number % len(shapes)], Image.Resampling.BILINEAR))
    return found


def clips(count: int = 3) -> list[Clip]:
    """Glides of different pitch, length and rate; one has noise on it."""
    found = []
    for number in range(count):
        rate, seconds = ((16000, 1.0), (8000, 0.4), (22050, 1.7))[number % 3]
        time = np.arange(round(rate * seconds)) / rate
        noise = np.random.default_rng(number).normal(size=len(time)) * 0.02 * (number % 2)
        glide = 0.4 * np.sin(2 * np.pi * (200 + 150 * number + 300 * time) * time) + noise
        found.append(Clip(samples=glide.astype(np.float32), rate=rate))
    return found


def whisper_config() -> dict[str, Any]:
    """``config.json`` of a tiny Whisper."""
    return {
        "model_type": "whisper", "d_model": 16, "encoder_layers": 3, "encoder_attention_heads": 2,
        "encoder_ffn_dim": 32, "decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 32,
        "num_mel_bins": 80, "vocab_size": 50, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
        "decoder_start_token_id": 1, "dropout": 0.1,
    }  # fmt: skip


def config_of(kind: str) -> dict[str, Any]:
    """``config.json`` of a tiny encoder of this model type."""
    shared = {
        "model_type": kind,
        "hidden_size": 16,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 40,
        "vocab_size": len(WORDS),
    }
    if kind == "bert":
        return {**shared, "type_vocab_size": 2, "pad_token_id": 0}
    return {**shared, "type_vocab_size": 1, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}


def tokenizer_files(tokens: int = 24) -> dict[str, bytes]:
    """A word-piece tokenizer over `WORDS`."""
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer({word: number for number, word in enumerate(WORDS)}, lowercase=True)
    config = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": True,
        "model_max_length": tokens,
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
    }
    return {
        "tokenizer.json": tokenizer.to_str().encode(),
        "tokenizer_config.json": json.dumps(config).encode(),
        "vocab.txt": "\n".join(WORDS).encode(),
    }


def encoder_files(kind: str = "bert", *, prefix: str = "", seed: int = 0) -> dict[str, bytes]:
    """A complete hub repository of a tiny encoder: configuration, safetensors weights, tokenizer."""
    from transformers import AutoConfig, AutoModel

    config = config_of(kind)
    body = {key: value for key, value in config.items() if key != "model_type"}
    torch.manual_seed(seed)
    model = AutoModel.from_config(AutoConfig.for_model(kind, **body), add_pooling_layer=True)
    weights = {prefix + name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    return {
        "config.json": json.dumps(config).encode(),
        "model.safetensors": save(weights, {"format": "pt"}),
        **tokenizer_files(),
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder
