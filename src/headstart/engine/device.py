"""Where and in which precision work runs: one Accelerator per process, and a checked choice of dtype."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from accelerate import Accelerator

    from headstart.core.backbone import Backbone

COSINE_FLOOR = 0.999
"""Reduced precision is refused when a feature turns by more than this cosine (see `precise_enough`)."""


@cache
def accelerator() -> Accelerator:
    """The process's Accelerator: device placement, mixed precision of training, distributed state."""
    from accelerate import Accelerator
    from accelerate.state import PartialState

    device = PartialState().device
    fast = device is not None and _native_bfloat16(device)
    return Accelerator(mixed_precision="bf16" if fast else "no")


def fast_dtype() -> torch.dtype:
    """bfloat16 where the hardware multiplies it natively (AMX, AVX-512 BF16, CUDA), else float32."""
    return torch.bfloat16 if _native_bfloat16(accelerator().device) else torch.float32


def _native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu" and torch.backends.mkldnn.is_available():
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
    return False


def in_dtype(backbone: Backbone, dtype: torch.dtype) -> Backbone:
    """The backbone for inference on the accelerator's device in ``dtype``; the given one is left as it is."""
    copied = copy.deepcopy(backbone)
    copied.module.to(device=accelerator().device, dtype=dtype).eval()
    return copied


def to_device(batch: Mapping[str, torch.Tensor], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Tensors on the accelerator's device; floating-point ones in ``dtype``."""
    device = accelerator().device
    return {
        name: tensor.to(device=device, dtype=dtype if tensor.is_floating_point() else None)
        for name, tensor in batch.items()
    }


def precise_enough(exact: torch.Tensor, fast: torch.Tensor) -> bool:
    """Whether every row of ``fast (B, D)`` points the same way as its row of ``exact``, up to `COSINE_FLOOR`.

    Rows are centred on the mean of ``exact`` first: features of one network share a large common part, and a cosine
    over it would hide errors in what distinguishes the items.
    """
    centre = exact.double().mean(dim=0)
    cosine = torch.nn.functional.cosine_similarity(exact.double() - centre, fast.double() - centre, dim=1)
    return bool((cosine >= COSINE_FLOOR).all())
