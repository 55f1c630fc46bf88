"""One tiny backbone per family, for the contract battery and the export tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from headstart.backbones import _coded, _sequence_body, _timm_body
from headstart.backbones._families import FAMILIES
from headstart.backbones._joined import joined_body
from headstart.backbones._packaged_models import MODELS
from headstart.core.backbone import Backbone, LinearHead
from tests.backbones.tiny import TEXTS, clips, config_of, info, pictures, tokenizer_files, write

CUT = (
    "test_byobnet",
    "test_convnext",
    "test_efficientnet",
    "test_nfnet",
    "test_resnet",
    "test_vit",
    "test_vit4",
    "densenet121",
    "headstart_squeezenet",
    "inception_v3",
    "mobilenetv1_100",
    "mobilenetv2_035",
    "mobilenetv3_small_050",
    "regnety_004",
    "swin_tiny_patch4_window7_224",
    "vgg11",
)
"""Families that can be run up to a block and onwards: each in the table of `_timm_steps`, and the older MobileNets."""
WHOLE = ("test_mambaout", "test_vit_relpos", "test_coatnet")
"""Families outside the table."""
CODED = ("headstart_ge2e", *_coded.CODED)
"""Families that transformers has no class of: their code travels in the folder."""
PUBLISHED = tuple(kind for kind in FAMILIES if kind not in CODED)
"""Families that transformers reads and writes."""
OPAQUE = (*WHOLE, "headstart_ge2e")
"""Families of whose blocks no module gives the output."""
SMALLER: dict[str, dict[str, Any]] = {
    "headstart_squeezenet": {"width": 4},
    "densenet121": {"growth_rate": 8, "block_config": (2, 2, 2)},
    "swin_tiny_patch4_window7_224": {"embed_dim": 24, "depths": (1, 1, 2, 1)},
    "vgg11": {"mlp_ratio": 0.02},
}
"""What makes the larger architectures small enough for a test."""
FIXED = ("test_vit_relpos", "test_coatnet", "swin_tiny_patch4_window7_224")
"""Families whose input size cannot be changed."""
ENCODERS = tuple(kind for kind, family in FAMILIES.items() if family.modality == "text")
SOUND = tuple(kind for kind, family in FAMILIES.items() if family.modality == "audio")
TIMM = (*CUT, *WHOLE)
ALL = (*TIMM, *ENCODERS, *SOUND)
JOINED = ("test_resnet+test_vit", "bert+gpt2+distilbert", "wav2vec2+whisper")
"""Several members as one."""
SQUEEZENET = MODELS["squeezenet1_1"]
CLASSES = ("None", "1", "été", "a/b")


def make(member: str, *, seed: int = 0, size: int | None = None) -> Backbone:
    """The member with random weights drawn from ``seed``; several with a ``+`` between them are joined."""
    if "+" in member:
        return joined_body([make(part, seed=seed, size=size) for part in member.split("+")], member)
    if member in ENCODERS:
        return _encoder(member, seed)
    if member in SOUND:
        facts = info(f"tiny:{member}", modality="audio", dim=16, input={"seconds": 2}, family=member)
        heard = _sequence_body.built_from({}, facts, config_of(member), folder=None, seed=seed, size=2)
        if member in CODED:
            _turn_up(heard)
        return heard
    architecture, facts = _timm(member)
    backbone = _timm_body.build(info(f"timm:{member}", **facts), architecture, seed=seed)
    _open_branches(backbone)
    return backbone if size is None else _timm_body.resized(backbone, size)


def _open_branches(backbone: Backbone) -> None:
    """Branches that begin closed, with a gain of zero, teach nothing to what lies in them, as pretrained ones do."""
    import torch

    with torch.no_grad():
        for name, parameter in backbone.module.named_parameters():
            if name.endswith("gain") and not parameter.any():
                parameter.fill_(0.5)


def _turn_up(backbone: Backbone) -> None:
    """A random LSTM hardly hears power in mel bands, which is a small number, and forgets what came before silence."""
    import torch

    width = backbone.info.dim
    with torch.no_grad():
        backbone.module.layers[0].weight_ih_l0.mul_(30)
        for layer in backbone.module.layers:
            layer.bias_hh_l0[width : 2 * width] += 5  # the forget gate


def batch_of(backbone: Backbone, count: int = 3) -> dict[str, Any]:
    """A collated batch of pictures or sounds, or of texts of different lengths."""
    return backbone.preprocess.collate([backbone.preprocess.item(item) for item in raw_items(backbone, count)])


def raw_items(backbone: Backbone, count: int = 3) -> list[Any]:
    """Decoded items that the backbone reads."""
    match backbone.info.modality:
        case "image":
            return list(pictures(count))
        case "audio":
            return list(clips(count))
        case "text":
            return (TEXTS * count)[:count]


def head_for(backbone: Backbone) -> LinearHead:
    """A head with clearly different logits, of a few units whatever the size of the features."""
    import torch

    draws = np.random.default_rng(0)
    weight = draws.normal(size=(len(CLASSES), backbone.info.dim)) * 2 / np.sqrt(backbone.info.dim)
    with torch.no_grad():
        weight /= max(1.0, float(backbone.encode(batch_of(backbone)).std()))
    return LinearHead(weight=weight, bias=draws.normal(size=len(CLASSES)))


@cache
def _timm(member: str) -> tuple[_timm_body.Architecture, dict[str, Any]]:
    """A small input keeps the larger architectures fast; swin and relpos only take their own, Inception no smaller."""
    import torch

    args = SMALLER.get(member, {})
    known = {"pretrained_cfg": dict(SQUEEZENET.pretrained_cfg)} if member == SQUEEZENET.architecture else {}
    with torch.device("meta"):
        model: Any = _coded.create(member, num_classes=0, **known, **args)
    cfg = {key: value for key, value in model.pretrained_cfg.items() if key in _timm_body.SAVED_CFG}
    if not cfg["fixed_input_size"]:
        cfg["input_size"] = (3, 96, 96) if member == "inception_v3" else (3, 64, 64)
    facts = {
        "dim": int(model.head_hidden_size or model.num_features),
        "input": {"size": cfg["input_size"][-1]},
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "classes": 3,
    }
    return _timm_body.Architecture(name=member, args=args, pretrained_cfg=cfg), facts


def _encoder(kind: str, seed: int) -> Backbone:
    facts = info(f"transformers:tiny/{kind}", modality="text", dim=16, input={"tokens": 24})
    files, folder = tokenizer_files(kind=kind), _tokenizer_folder(kind)
    return _sequence_body.built_from(files, facts, config_of(kind), folder=folder, seed=seed, size=None)


@cache
def _tokenizer_folder(kind: str) -> Path:
    return write(Path(mkdtemp()), tokenizer_files(kind=kind))
