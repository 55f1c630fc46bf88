"""What a result was computed with: versions, code, device, threads."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version

import torch

from headstart.engine.device import accelerator
from headstart.engine.identity import code

PACKAGES = ("headstart", "torch", "torchvision", "timm", "transformers", "accelerate", "scikit-learn", "numpy")


def environment(precision: str) -> Mapping[str, str | int | bool | Mapping[str, str]]:
    """Versions of what the numbers depend on, commit and cleanliness of the code, device, threads and precision."""
    commit, dirty = code()
    return {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "commit": commit,
        "dirty": dirty,
        "device": str(accelerator().device),
        "processor": _processor(accelerator().device),
        "threads": torch.get_num_threads(),
        "dtype": precision,
    }


def _processor(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
