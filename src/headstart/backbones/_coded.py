"""Architectures of pictures that timm lacks: importing their code adds them to it, and it travels with the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Coded:
    """``file`` is the name of the code in an exported folder; here a ``_`` precedes it. ``config`` and ``model`` are
    the classes in it that transformers reads the folder with.
    """

    file: str
    config: str
    model: str

    @property
    def path(self) -> Path:
        """The code."""
        return Path(__file__).with_name(f"_{self.file}")


CODED: Mapping[str, Coded] = {
    "headstart_squeezenet": Coded(
        file="squeezenet_model.py", config="SqueezeNetConfig", model="SqueezeNetForImageClassification"
    )
}
"""By the name of the architecture, which is the ``model_type`` of its folders, too."""
WRAPPED = {"architectures": ["TimmWrapperForImageClassification"], "model_type": "timm_wrapper"}


def create(architecture: str, **options: Any) -> Any:
    """``timm.create_model`` with random weights, of those in `CODED`, too.

    These are made by the code here: in timm's registry there may be that of a folder which transformers has read.
    """
    import timm

    if architecture in CODED:
        code = import_module(f"headstart.backbones.{CODED[architecture].path.stem}")
        return vars(code)[architecture](pretrained=False, **options)
    return timm.create_model(architecture, pretrained=False, **options)


def kind(architecture: str) -> dict[str, Any]:
    """What ``config.json`` says for transformers to find the class that reads it."""
    coded = CODED.get(architecture)
    if coded is None:
        return WRAPPED
    code = coded.path.stem.removeprefix("_")
    return {
        "architectures": [coded.model],
        "model_type": architecture,
        "image_processor_type": "TimmWrapperImageProcessor",
        "auto_map": {
            "AutoConfig": f"{code}.{coded.config}",
            "AutoModelForImageClassification": f"{code}.{coded.model}",
        },
    }
