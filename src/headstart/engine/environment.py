"""What a result was computed with: versions, code, device, threads."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import torch

from headstart.engine.device import accelerator

PACKAGES = ("headstart", "torch", "torchvision", "timm", "transformers", "accelerate", "scikit-learn", "numpy")


def environment(precision: str) -> Mapping[str, str | int | bool | Mapping[str, str]]:
    """Versions of what the numbers depend on, commit and cleanliness of the code, device, threads and precision."""
    commit, dirty = _code()
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


def _code() -> tuple[str, bool]:
    """Commit of the checkout this package lies in and whether it has changes; ("", False) for an installed package."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return "", False
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return commit, bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return "", False


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()
