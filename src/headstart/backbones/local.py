"""Models in a folder of yours: exported by headstart, or any timm or transformers folder of a known kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from headstart.backbones._folder import BODY, CONFIG, LAYERS, describe, read_backbone, read_model
from headstart.backbones._joined import PARTS, joined_body, joined_exported, joined_info, parts_of
from headstart.core.backbone import Backbone, BackboneInfo, Exported, LinearHead, Source
from headstart.core.errors import Unavailable
from headstart.core.progress import Progress

MODEL = "model"
"""Where a run folder keeps its model."""


def read_exported(folder: Path) -> Exported:
    """The model that `Backbone.export` wrote into ``folder``: body with its preprocessing, head, class names.

    Of joined models each has a folder of its own in ``folder``.

    Raises:
        Unavailable: a file is missing or damaged.
        UserError: the folder was not written by headstart.
    """
    parts = parts_of(folder)
    if parts:
        return joined_exported([read_exported(part) for part in parts], f"local:{folder}")
    if (folder / LAYERS).is_file():
        from headstart.backbones._layers import read_layered

        return read_layered(folder, read_exported(folder / BODY))
    return read_model(folder, describe(folder, f"local:{folder}"))


class Local(Source):
    """``local:PATH``, a model folder or a run folder. Nothing is ever fetched."""

    takes: ClassVar[str] = "the path of a run folder, or of a model folder that headstart wrote (with a config.json)"

    def infos(self) -> tuple[BackboneInfo, ...]:
        """None: folders are named, not listed."""
        return ()

    def find(self, identifier: str) -> BackboneInfo | None:
        """See `Source.find`; None where there is no model folder.

        Raises:
            Unavailable: the folder is damaged or lacks safetensors weights.
            UserError: it holds a kind of model that headstart cannot adapt.
        """
        folder = _folder(identifier)
        return None if folder is None else _described(folder, f"local:{identifier}")

    def in_store(self, info: BackboneInfo) -> bool:
        """A folder needs no network."""
        return _folder(_identifier(info)) is not None

    def pull(self, info: BackboneInfo, progress: Progress) -> None:
        """Nothing to fetch; says so.

        Raises:
            Unavailable: the folder is gone.
        """
        _require(info)
        progress.say(f"{info.name} is a folder on this machine; there is nothing to fetch.")

    def classifier(self, info: BackboneInfo) -> LinearHead | None:
        """See `Source.classifier`: the head of a model that headstart exported."""
        return read_model(_require(info), info).head if info.classes else None

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        """See `Source.load`; the files are those of the folder."""
        return _body(_require(info), info, pretrained, seed, size)


def _body(folder: Path, info: BackboneInfo, pretrained: bool, seed: int, size: int | None) -> Backbone:
    """`read_backbone` of a model folder, or of all that are joined in it."""
    parts = parts_of(folder)
    if not parts:
        return read_backbone(folder, info, pretrained=pretrained, seed=seed, size=size)
    known = [_described(part, f"local:{part}") for part in parts]
    bodies = [_body(part, each, pretrained, seed, size) for part, each in zip(parts, known, strict=True)]
    return joined_body(bodies, info.name)


def _described(folder: Path, name: str) -> BackboneInfo:
    """`describe` of a model folder, or of all that are joined in it."""
    parts = parts_of(folder)
    if not parts:
        found = describe(folder, name)
        # What lies in a model that reads every block is half of a classifier.
        return replace(found, classes=0) if (folder.parent / LAYERS).is_file() else found
    return joined_info([_described(part, f"local:{part}") for part in parts], name)


def _identifier(info: BackboneInfo) -> str:
    return info.name.partition(":")[2]


def _folder(identifier: str) -> Path | None:
    """The model folder: the one named, or its subfolder ``model`` if a run folder is named."""
    named = Path(identifier).expanduser()
    for folder in (named, named / MODEL):
        if (folder / LAYERS).is_file():
            return folder / BODY  # what is pretrained in it
        if (folder / CONFIG).is_file() or (folder / PARTS).is_file():
            return folder
    return None


def _require(info: BackboneInfo) -> Path:
    folder = _folder(_identifier(info))
    if folder is None:
        raise Unavailable(f"There is no model at {_identifier(info)}: neither it nor {MODEL}/ in it has a {CONFIG}.")
    return folder
