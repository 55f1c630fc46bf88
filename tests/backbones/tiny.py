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


def config_of(kind: str) -> dict[str, Any]:
    """``config.json`` of a tiny model of this model type."""
    words = {"model_type": kind, "vocab_size": len(WORDS), "pad_token_id": 0}
    plain = {**words, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    match kind:
        case "bert":
            return {**plain, "max_position_embeddings": 40, "type_vocab_size": 2}
        case "roberta" | "xlm-roberta":
            named = {"bos_token_id": 2, "eos_token_id": 3}
            return {**plain, "max_position_embeddings": 40, "type_vocab_size": 1, **named}
        case "distilbert":
            return {**words, "dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 32, "max_position_embeddings": 40}
        case "modernbert":
            named = {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
            local = {"local_attention": 8, "global_attn_every_n_layers": 2, "max_position_embeddings": 40}
            return {**plain, **named, **local, "attention_dropout": 0.1}
        case "xlnet":
            named = {"bos_token_id": 2, "eos_token_id": 3}
            return {**words, **named, "d_model": 16, "n_layer": 3, "n_head": 2, "d_inner": 32}
        case "gpt2":
            named = {"bos_token_id": 3, "eos_token_id": 3, "pad_token_id": None}
            return {**words, **named, "n_embd": 16, "n_layer": 3, "n_head": 2, "n_positions": 40}
        case "llama":
            named = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": None}
            return {**plain, **named, "num_key_value_heads": 1, "max_position_embeddings": 40, "attention_dropout": 0.1}
        case "t5":
            named = {"eos_token_id": 3, "decoder_start_token_id": 0}
            sizes = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2, "n_positions": 40}
            return {**words, **named, **sizes}
        case "whisper":
            named = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}
            sizes = {"d_model": 16, "encoder_layers": 3, "encoder_attention_heads": 2, "encoder_ffn_dim": 32}
            other = {"decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 32}
            return {"model_type": kind, "vocab_size": 50, "num_mel_bins": 80, "dropout": 0.1, **named, **sizes, **other}
        case "wav2vec2" | "hubert" | "wavlm":
            strides = {"conv_dim": [8, 8, 8], "conv_kernel": [10, 8, 4], "conv_stride": [5, 8, 4]}
            places = {"num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2}
            # One of them as the larger models are: normalised by step, and with the norms before the products.
            norms = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
            return {**plain, **strides, **places, **(norms if kind == "hubert" else {})}
        case "audio-spectrogram-transformer":
            sizes = {"max_length": 128, "num_mel_bins": 32, "patch_size": 16, "time_stride": 10, "frequency_stride": 10}
            return {**plain, **sizes}
        case "headstart_ge2e":
            return {"model_type": kind, "hidden_size": 16, "num_hidden_layers": 3}
    raise AssertionError(kind)


TEXT_KINDS = ("bert", "roberta", "xlm-roberta", "distilbert", "modernbert", "xlnet", "gpt2", "llama", "t5")
SPECIALS = {
    "modernbert": "[CLS] $A [SEP]",
    "t5": "$A [SEP]",
    "xlnet": "$A [SEP] [CLS]:2",
    "llama": "[CLS] $A",
    "gpt2": "$A",
}
"""Where the special tokens of a family's tokenizer stand; as BERT's where it is not named."""


def tokenizer_files(tokens: int = 24, kind: str = "bert") -> dict[str, bytes]:
    """A word-piece tokenizer over `WORDS`, with the special tokens and the padding of the model type."""
    from tokenizers import BertWordPieceTokenizer, Tokenizer
    from tokenizers.processors import TemplateProcessing

    pieces = BertWordPieceTokenizer({word: number for number, word in enumerate(WORDS)}, lowercase=True)
    specials = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]"}
    config: dict[str, Any] = {"model_max_length": tokens}
    if kind not in SPECIALS:
        config |= {"tokenizer_class": "BertTokenizer", "do_lower_case": True, **specials, "mask_token": "[MASK]"}
        files = {"tokenizer.json": pieces.to_str().encode(), "vocab.txt": "\n".join(WORDS).encode()}
    else:
        plain = Tokenizer.from_str(pieces.to_str())
        named = [(word, WORDS.index(word)) for word in ("[CLS]", "[SEP]")]
        plain.post_processor = TemplateProcessing(single=SPECIALS[kind], special_tokens=named)
        config |= {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "eos_token": "[SEP]"}
        config |= {"pad_token": "[PAD]"} if kind in ("modernbert", "t5", "xlnet") else {}
        config |= {"padding_side": "left" if kind == "xlnet" else "right"}
        inputs = ["input_ids", *(["token_type_ids"] if kind == "xlnet" else []), "attention_mask"]
        config |= {"model_input_names": inputs}
        files = {"tokenizer.json": plain.to_str().encode()}
    return {**files, "tokenizer_config.json": json.dumps(config).encode()}


def encoder_files(kind: str = "bert", *, prefix: str = "", seed: int = 0) -> dict[str, bytes]:
    """A complete hub repository of a tiny model: configuration, safetensors weights, and a tokenizer for texts."""
    from transformers import AutoConfig, AutoModel

    config = config_of(kind)
    body = {key: value for key, value in config.items() if key != "model_type"}
    torch.manual_seed(seed)
    model = AutoModel.from_config(AutoConfig.for_model(kind, **body))
    weights = {prefix + name: tensor.clone() for name, tensor in model.state_dict().items()}
    return {
        "config.json": json.dumps(config).encode(),
        "model.safetensors": save(weights, {"format": "pt"}),
        **(tokenizer_files(kind=kind) if kind in TEXT_KINDS else {}),
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder
