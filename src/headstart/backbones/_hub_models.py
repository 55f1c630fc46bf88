"""A short list of well-known hub models, as of November 2026. Imports nothing heavy.

Everything else on the hub is found by name. Widths, parameters, operations and sizes were counted on the
architectures; accuracies of image models are those of timm's results table (DINOv2: the paper's linear probe), those
of text and sound models as stated, and 0 where none is known that could be compared. ``sha256`` is empty where only the
hub states it: it is checked on arrival and recorded.
"""

from __future__ import annotations

from typing import Literal

from headstart.core.backbone import BackboneInfo

IMAGENET = "ImageNet-1k top-1"
SBERT = "mean of 14 sentence-embedding data sets, sbert.net"
MTEB = "MTEB English classification, mean of 12 data sets"


def _image(
    tag: str, dim: int, parameters: int, gflops: float, size: int, pretraining: str, download: int, prior: float
) -> BackboneInfo:
    family, rate, batch_norm = next(found for start, found in _FAMILIES.items() if tag.startswith(start))
    return BackboneInfo(
        name=f"timm:{tag}",
        modality="image",
        dim=dim,
        parameters=parameters,
        gflops=gflops,
        input={"size": size},
        pretraining=pretraining,
        licence="Apache-2.0",
        revision="main",
        sha256="",
        bytes=download,
        prior=prior,
        prior_of=IMAGENET if family != "dinov2" else f"{IMAGENET}, linear probe",
        family=family,
        rate=rate,
        batch_norm=batch_norm,
        classes=0 if family == "dinov2" else 1000,
    )


_FAMILIES = {
    "resnet": ("resnet", 1e-4, True),
    "efficientnet": ("efficientnet", 1e-4, True),
    "mobilenetv3": ("mobilenetv3", 1e-4, True),
    "convnext": ("convnext", 1e-4, False),
    "vit_small_patch14_dinov2": ("dinov2", 3e-5, False),
    "vit": ("vision_transformer", 5e-5, False),
}
"""Family, its usual fine-tuning rate and whether it has BatchNorm, by the start of the tag; the first that fits."""

_IN1K = "ImageNet-1k, supervised"
_IN12K = "ImageNet-12k then ImageNet-1k, supervised"
_IN21K = "ImageNet-21k then ImageNet-1k, supervised"

TIMM: tuple[BackboneInfo, ...] = (
    _image("mobilenetv3_large_100.ra_in1k", 1280, 4_202_032, 0.431, 224, _IN1K, 22_060_000, 0.758),
    _image("efficientnet_b0.ra_in1k", 1280, 4_007_548, 0.769, 224, _IN1K, 21_360_000, 0.777),
    _image("resnet18.a1_in1k", 512, 11_176_512, 3.627, 224, _IN1K, 46_810_000, 0.732),
    _image("resnet50.a1_in1k", 2048, 23_508_032, 8.174, 224, _IN1K, 102_470_000, 0.812),
    _image("convnext_nano.in12k_ft_in1k", 640, 14_952_560, 4.89, 224, _IN12K, 62_390_000, 0.829),
    _image("convnext_tiny.in12k_ft_in1k", 768, 27_820_128, 8.91, 224, _IN12K, 114_370_000, 0.845),
    _image("vit_small_patch16_224.augreg_in21k_ft_in1k", 384, 21_665_664, 9.197, 224, _IN21K, 88_220_000, 0.814),
    _image(
        "vit_small_patch14_dinov2.lvd142m",
        384,
        22_056_192,
        93.393,
        518,
        "LVD-142M, self-supervised (DINOv2)",
        88_240_000,
        0.811,
    ),
)


def _text(
    repo: str, size: tuple[int, int, float], tokens: int, pretraining: str, licence: str, prior: tuple[float, str]
) -> BackboneInfo:
    dim, parameters, gflops = size
    return BackboneInfo(
        name=f"transformers:{repo}",
        modality="text",
        batch_norm=False,
        dim=dim,
        parameters=parameters,
        gflops=gflops,
        input={"tokens": tokens},
        pretraining=pretraining,
        licence=licence,
        revision="main",
        sha256=_KNOWN.get(repo, ""),
        bytes=4 * (parameters + dim * dim + dim),
        prior=prior[0],
        prior_of=prior[1],
        family="bert",
        rate=3e-5 if dim > 384 else 5e-5,
    )


_KNOWN = {"sentence-transformers/all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}
_L6 = (384, 22_565_376, 1.397)
_L12 = (384, 33_212_160, 2.793)
_BASE = (768, 108_891_648, 11.023)
_PAIRS = "distilled BERT, then a billion sentence pairs"

TRANSFORMERS: tuple[BackboneInfo, ...] = (
    _text("sentence-transformers/all-MiniLM-L6-v2", _L6, 256, _PAIRS, "Apache-2.0", (0.681, SBERT)),
    _text("sentence-transformers/all-MiniLM-L12-v2", _L12, 128, _PAIRS, "Apache-2.0", (0.687, SBERT)),
    _text("intfloat/e5-small-v2", _L12, 512, "contrastive on text pairs (E5)", "MIT", (0.729, MTEB)),
    _text("BAAI/bge-small-en-v1.5", _L12, 512, "contrastive on text pairs (BGE)", "MIT", (0.741, MTEB)),
    _text("BAAI/bge-base-en-v1.5", _BASE, 512, "contrastive on text pairs (BGE)", "MIT", (0.755, MTEB)),
    _text("google-bert/bert-base-uncased", _BASE, 512, "masked language model (BERT)", "Apache-2.0", (0.617, MTEB)),
)


def _other(
    repo: str,
    modality: Literal["text", "audio"],
    size: tuple[int, int, float],
    family: str,
    reads: int,
    pretraining: str,
    licence: str,
    prior: tuple[float, str] = (0.0, "unknown"),
) -> BackboneInfo:
    dim, parameters, gflops = size
    return BackboneInfo(
        name=f"transformers:{repo}",
        modality=modality,
        batch_norm=False,
        dim=dim,
        parameters=parameters,
        gflops=gflops,
        input={"tokens" if modality == "text" else "seconds": reads},
        pretraining=pretraining,
        licence=licence,
        revision="main",
        sha256="",
        bytes=4 * parameters,
        prior=prior[0],
        prior_of=prior[1],
        family=family,
        rate=3e-5 if modality == "text" else 1e-4,
    )


_MASKED, _SPEECH = "masked language model", "speech, self-supervised"
_WORDS, _KEYWORDS = "LibriSpeech test-clean, words right", "SUPERB keyword spotting, linear head"
_WAVES = (768, 94_371_712, 500.053)
_CARD = "see the model card"

TRANSFORMERS += (
    _other(
        "distilbert/distilbert-base-uncased", "text", (768, 66_362_880, 5.511), "distilbert", 512,
        "distilled BERT", "Apache-2.0",
    ),
    _other("FacebookAI/roberta-base", "text", (768, 124_055_040, 11.023), "roberta", 512, _MASKED, "MIT"),
    _other(
        "FacebookAI/xlm-roberta-base", "text", (768, 277_453_056, 11.023), "xlm-roberta", 512,
        f"{_MASKED}, 100 languages", "MIT",
    ),
    _other(
        "answerdotai/ModernBERT-base", "text", (768, 149_014_272, 14.395), "modernbert", 512, _MASKED, "Apache-2.0"
    ),
    _other(
        "xlnet/xlnet-base-cased", "text", (768, 116_718_336, 12.99), "xlnet", 512,
        "permuted language model", "MIT",
    ),
    _other("openai-community/gpt2", "text", (768, 124_439_808, 11.023), "gpt2", 512, "language model", "MIT"),
    _other(
        "HuggingFaceTB/SmolLM2-135M", "text", (576, 134_515_008, 13.873), "llama", 512, "language model", "Apache-2.0"
    ),
    _other(
        "google-t5/t5-small", "text", (512, 60_506_624, 5.788), "t5", 512,
        "span corruption and supervised tasks", "Apache-2.0",
    ),
    _other(
        "openai/whisper-base", "audio", (512, 20_590_592, 87.368), "whisper", 30,
        "speech in 99 languages, transcribed", "Apache-2.0", (0.95, _WORDS),
    ),
    _other(
        "openai/whisper-small", "audio", (768, 88_154_112, 344.162), "whisper", 30,
        "speech in 99 languages, transcribed", "Apache-2.0", (0.966, _WORDS),
    ),
    _other(
        "facebook/wav2vec2-base", "audio", _WAVES, "wav2vec2", 30, _SPEECH, "Apache-2.0", (0.9623, _KEYWORDS)
    ),
    _other(
        "facebook/hubert-base-ls960", "audio", _WAVES, "hubert", 30, _SPEECH, "Apache-2.0", (0.963, _KEYWORDS)
    ),
    _other(
        "microsoft/wavlm-base-plus", "audio", (768, 94_381_936, 500.274), "wavlm", 30, _SPEECH, _CARD,
        (0.9737, _KEYWORDS),
    ),
    _other(
        "MIT/ast-finetuned-audioset-10-10-0.4593", "audio", (768, 86_187_264, 261.028),
        "audio-spectrogram-transformer", 10, "AudioSet, supervised", "BSD-3-Clause", (0.459, "AudioSet, mean AP"),
    ),
)  # fmt: skip

ALIASES = {
    "all-MiniLM-L6-v2": "sentence-transformers/all-MiniLM-L6-v2",
    "all-MiniLM-L12-v2": "sentence-transformers/all-MiniLM-L12-v2",
    "bert-base-uncased": "google-bert/bert-base-uncased",
    "roberta-base": "FacebookAI/roberta-base",
    "xlm-roberta-base": "FacebookAI/xlm-roberta-base",
    "distilbert-base-uncased": "distilbert/distilbert-base-uncased",
    "xlnet-base-cased": "xlnet/xlnet-base-cased",
    "gpt2": "openai-community/gpt2",
    "t5-small": "google-t5/t5-small",
}
"""Short names that people type, by the repository they mean."""
