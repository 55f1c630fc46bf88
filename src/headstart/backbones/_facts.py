"""Facts about models nobody wrote down: counted on the architecture, without weights and without computing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headstart.core.backbone import BackboneInfo
from headstart.core.flops import counted

if TYPE_CHECKING:
    from headstart.backbones._timm_body import Architecture

COUNTED_TOKENS = 64
"""Length at which the operations of a text encoder are counted, see `BackboneInfo.gflops`."""
IMAGE_RATE = 1e-4
TEXT_RATE = 3e-5
SOUND_RATE = 1e-4
"""Fine-tuning rates for families without a better-known one (BERT: Devlin et al. 2019 use 2e-5 to 5e-5)."""


def image_info(architecture: Architecture, known: Mapping[str, Any]) -> BackboneInfo:
    """Facts about a timm architecture; ``known`` holds the fields that cannot be counted."""
    import torch
    from torch.nn.modules.batchnorm import _BatchNorm

    from headstart.backbones._coded import create

    # On the meta device shapes are computed and numbers are not: counting a large model takes as long as building it.
    with torch.device("meta"):
        model = create(
            architecture.name, num_classes=0, pretrained_cfg=dict(architecture.pretrained_cfg), **architecture.args
        ).eval()
        pixels = torch.zeros(1, *architecture.pretrained_cfg["input_size"])
    found: list[torch.Tensor] = []
    operations = counted(lambda: found.append(model(pixels)))
    return BackboneInfo(
        **{
            "modality": "image",
            "dim": found[0].shape[-1],
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "gflops": round(operations / 1e9, 6),
            "input": {"size": int(architecture.pretrained_cfg["input_size"][-1])},
            "family": type(model).__module__.rpartition(".")[2],
            "rate": IMAGE_RATE,
            "batch_norm": any(isinstance(module, _BatchNorm) for module in model.modules()),
            **known,
        }
    )


def sequence_info(name: str, config: Mapping[str, Any], known: Mapping[str, Any], *, size: int) -> BackboneInfo:
    """Facts about a model of texts or sounds described by ``config.json``, which reads ``size`` tokens or seconds;
    ``known`` holds what cannot be counted.

    Raises:
        UserError: headstart cannot adapt this kind of model.
    """
    import torch

    from headstart.backbones._families import family_of
    from headstart.backbones._sound_family import SoundFamily

    family = family_of(name, config)
    if isinstance(family, SoundFamily):
        config, _ = family.listening(name, config, {}, size)
    found = family.configured(config)
    reads_texts = family.modality == "text"
    with torch.device("meta"):
        model: Any = family.body(found).eval().to("meta")  # some put parameters on the processor all the same
        sample = family.sample(found, min(COUNTED_TOKENS, size) if reads_texts else size)
        blocks = len(family.blocks(model))
        operations = counted(lambda: family.run(model, family.begin(model, sample), 0, blocks))
    return BackboneInfo(
        **{
            "modality": family.modality,
            "dim": found.hidden_size,
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "gflops": round(operations / 1e9, 6),
            "input": {"tokens" if reads_texts else "seconds": size},
            "family": found.model_type,
            "rate": TEXT_RATE if reads_texts else SOUND_RATE,
            "batch_norm": False,
            **known,
        }
    )
