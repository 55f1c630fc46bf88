"""Where and in which precision work runs: one Accelerator per process, and a checked choice of dtype."""

from __future__ import annotations

import copy
import ctypes
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import torch

from headstart.engine.items import ahead, in_turn

if TYPE_CHECKING:
    from accelerate import Accelerator

    from headstart.core.backbone import Backbone

T = TypeVar("T")
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3), from malloc.h


@cache
def accelerator() -> Accelerator:
    """The process's Accelerator: device placement, gradients, distributed state.

    Precision is not left to it (it has one setting per process): see `autocast`.
    """
    from accelerate import Accelerator

    return Accelerator(mixed_precision="no")


@contextmanager
def accelerated(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> Iterator[tuple[torch.nn.Module, torch.optim.Optimizer]]:
    """Both as Accelerate prepares them, while the context lasts.

    The Accelerator lives as long as the process and keeps what it has prepared; unless told to let go, it would hold
    the weights and moments of every fit of every run.
    """
    try:
        yield accelerator().prepare(model, optimizer)
    finally:
        accelerator().free_memory()


def fast_dtype() -> torch.dtype:
    """bfloat16 where the hardware multiplies it natively (AMX, AVX-512 BF16, CUDA), else float32."""
    return torch.bfloat16 if _native_bfloat16(accelerator().device) else torch.float32


def autocast(dtype: torch.dtype) -> torch.autocast:
    """A context that multiplies in ``dtype`` where that is safe; float32 changes nothing."""
    return torch.autocast(accelerator().device.type, dtype=dtype, enabled=dtype != torch.float32)


def _native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu" and torch.backends.mkldnn.is_available():
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
    return False


@cache
def keep_freed_memory() -> bool:
    """Have the C library keep freed memory instead of handing it back at once; False where that is not to be had.

    Activations of a batch are tens of megabytes that live for one layer. glibc maps each afresh and unmaps it after
    use, and the page faults cost more than the arithmetic (two cores, EfficientNet-Lite0: a pass in 4.4 s, not 10).
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    try:
        adjust = library.mallopt
    except AttributeError:  # another C library, musl for one
        return False
    return bool(adjust(_TRIM_THRESHOLD, 2**31 - 1)) and bool(adjust(_MMAP_THRESHOLD, 2**30))


def hand_back_memory() -> bool:
    """Have the C library hand back what it kept (`keep_freed_memory`); False where that is not to be had.

    Training leaves gigabytes (EfficientNet-Lite0, batches of 32: 4.1 GB before, 1.1 after).
    """
    if sys.platform != "linux":
        return False
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except AttributeError:
        return False
    return bool(trim(0))


def on_device(backbone: Backbone) -> Backbone:
    """The backbone on the accelerator's device, in evaluation mode; a copy, unless it is both already.

    What is given is left as it is, and what comes back is only to be run.
    """
    keep_freed_memory()
    device, module = accelerator().device, backbone.module
    there = all(tensor.device == device for tensor in module.state_dict().values())
    if there and not any(part.training for part in module.modules()):
        return backbone
    copied = copy.deepcopy(backbone)
    copied.module.to(device=device).eval()
    return copied


def to_device(batch: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The batch on the accelerator's device."""
    device = accelerator().device
    return {name: tensor.to(device) for name, tensor in batch.items()}


def prepared(work: Sequence[Callable[[], T]]) -> Iterator[T]:
    """Results of ``work``, the preparation of batches, in order: ahead of an accelerator, in turn with a processor."""
    return in_turn(work) if accelerator().device.type == "cpu" else ahead(work)
