"""What tells one run from another."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from headstart.core.dataset import Dataset
    from headstart.engine.options import Options

PACKAGES = (
    "headstart", "torch", "torchvision", "timm", "transformers", "accelerate", "scikit-learn", "numpy", "peft",
)  # fmt: skip
"""Whose versions numbers depend on."""


def identity(data: Dataset, options: Options) -> Mapping[str, object]:
    """What a run depends on; a journal of another run is not continued, and a finished one is not computed again.

    Pieces hold numbers by position, so the order of rows, their classes and their ties belong to it. Weights are named
    by the pieces themselves (`Contender.key`): before a model is fetched, their checksum may not be known.
    """
    rows = hashlib.sha256()
    table = data.table.select_columns("digest")
    for start in range(0, len(table), 8192):
        rows.update("".join(f"{digest}\n" for digest in table[start : start + 8192]["digest"]).encode())
    for part in (data.targets, data.groups, data.clusters, data.split.train, data.split.test):
        rows.update(np.ascontiguousarray(part).tobytes())
    return {
        "versions": versions(),
        "options": asdict(options.recipe) | {"data": "", "test": "", "target": "", "labelled": ""},
        "data": data.fingerprint,
        "rows": rows.hexdigest(),
        "separate": data.split.separate,
        "models": [member.info.name for member in options.pool],
        "target": "" if options.destination is None else options.destination.data.fingerprint,
        "labelled": _labelled(options),
    }


def _labelled(options: Options) -> str:
    """The labelled items of a domain that the model is carried over to; empty where there are none."""
    found = None if options.destination is None else options.destination.labelled
    return "" if found is None else found.fingerprint


def versions() -> Mapping[str, str]:
    """Of `PACKAGES`; empty for what is not installed."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def code() -> tuple[str, bool]:
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
