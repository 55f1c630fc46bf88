"""A virtual environment for every peer, so that none has to live with another's versions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {
    "fastai": ("fastai==2.8.12", "timm==1.0.31", "safetensors==0.8.0"),
    # Three equal signs: a build for processors only (2.13.0+cpu) beside the index's torchvision fails to import.
    "autogluon": ("autogluon.multimodal==1.6.3", "torch===2.13.0", "torchvision==0.28.0"),
    "skada": ("skada==0.6.0",),
}
IMPORTS: Mapping[str, str] = {
    "headstart": "torch, timm, transformers, sklearn.linear_model",
    "fastai": "fastai.vision.all",
    "autogluon": "autogluon.multimodal",
    "skada": "skada",
}
VERSIONS = (
    "torch",
    "torchvision",
    "timm",
    "transformers",
    "scikit-learn",
    "fastai",
    "autogluon.multimodal",
    "skada",
    "pot",
)


def interpreter(name: str, given: Path | None) -> Path:
    """The Python of the environment ``name``: this one for headstart, the one ``given``, or one made in ``build/``."""
    if given is not None:
        return given.absolute()
    if name == "headstart":
        return Path(sys.executable)
    folder = Path(__file__).parent.parent / "build/peers" / name
    python, ready = folder / "bin/python", folder / "ready.json"
    wanted = json.dumps(ENVIRONMENTS[name])
    if not ready.is_file() or ready.read_text(encoding="utf-8") != wanted:
        print(f"Making an environment for {name} in {folder}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *ENVIRONMENTS[name]], check=True)
        ready.write_text(wanted, encoding="utf-8")
    return python


def versions(name: str, python: Path) -> str:
    """Versions of what speed and accuracy depend on in the environment ``name``.

    Its libraries are imported once on the way: no contestant is the one who reads them from a cold disk.
    """
    code = (
        "import importlib.metadata as m, json, platform\n"
        f"import {IMPORTS[name]}\n"
        f"known = {{d.metadata['Name'].lower(): d.version for d in m.distributions()}}\n"
        f"found = {{name: known[name] for name in {VERSIONS!r} if name in known}}\n"
        "print(json.dumps({'python': platform.python_version(), **found}))\n"
    )
    environment = {**surroundings(name), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([str(python), "-c", code], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"The environment for {name}, {python}, does not work: {done.stderr}")
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return ", ".join(f"{package} {version}" for package, version in found.items())


def surroundings(name: str) -> dict[str, str]:
    """Environment variables of a process in the environment ``name``: no hub, and no path to another's packages."""
    kept = {key: value for key, value in os.environ.items() if name == "headstart" or key != "PYTHONPATH"}
    return {**kept, "HF_HUB_OFFLINE": "1"}
