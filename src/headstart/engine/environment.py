"""What a result was computed with: versions, code, device, threads."""

from __future__ import annotations

import platform
from collections.abc import Mapping

import torch

from headstart.engine.device import accelerator
from headstart.engine.identity import code, versions


def environment(precision: str) -> Mapping[str, str | int | bool | Mapping[str, str]]:
    """Versions of what the numbers depend on, commit and cleanliness of the code, device, threads and precision."""
    commit, dirty = code()
    return {
        "versions": {"python": platform.python_version(), **versions()},
        "commit": commit,
        "dirty": dirty,
        "device": str(accelerator().device),
        "processor": _processor(accelerator().device),
        "threads": torch.get_num_threads(),
        "dtype": precision,
    }


def _processor(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
