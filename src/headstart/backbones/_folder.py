"""Reading an ordinary transformers folder back: body, head, class names and preprocessing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.backbones import _store
from headstart.backbones._channels import RGB, rgb_config, rgb_weight
from headstart.core.backbone import Backbone, BackboneInfo, Exported, LinearHead
from headstart.core.errors import Unavailable, UserError

if TYPE_CHECKING:
    import torch

    from headstart.backbones._sequence_body import SequenceBackbone
    from headstart.backbones._timm_body import Architecture, TimmBackbone

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
BODY, LAYERS = "body", "layers.safetensors"
"""In the folder of a model whose classifier reads every block: the ordinary folder, and the weights for the others."""
BUILT = ("num_classes", "in_chans")
"""Arguments that timm saves and that are fixed here: the classifier is ours, and pictures are RGB (`_channels`)."""


def write_code(source: Path, folder: Path) -> None:
    """Put the file that runs a model beside it, under its name without the underscore that makes it private here."""
    (folder / source.name.lstrip("_")).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")


def read_config(folder: Path) -> dict[str, Any]:
    """The parsed ``config.json``.

    Raises:
        Unavailable: the file is missing or no JSON object.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unavailable(f"{folder / CONFIG} cannot be read ({_reason(error)}), so {folder} is no model.") from error
    if not isinstance(config, dict):
        raise Unavailable(f"{folder / CONFIG} holds no JSON object, so {folder} is no model.")
    return config


def describe(folder: Path, name: str) -> BackboneInfo:
    """What can be known of a folder's body from its files; an exported folder says where its body came from.

    Raises:
        Unavailable: ``config.json`` or ``model.safetensors`` is missing or damaged.
        UserError: it is a kind of model that headstart cannot adapt.
    """
    from headstart.backbones import _facts
    from headstart.backbones._families import native

    config = read_config(folder)
    if not (folder / WEIGHTS).is_file():
        raise Unavailable(
            f"{folder} holds no {WEIGHTS}; headstart reads weights from safetensors only. Save the model again with "
            "save_pretrained(..., safe_serialization=True)."
        )
    origin = _origin(config)
    own = {
        "name": name,
        "revision": "",
        "sha256": _store.sha256_of(folder / WEIGHTS),
        "bytes": (folder / WEIGHTS).stat().st_size,
        "pretraining": str(origin.get("pretraining", "not stated in the folder")),
        "licence": str(origin.get("licence", "not stated in the folder")),
        "prior": float(origin.get("prior", 0.0)),
        "prior_of": str(origin.get("prior_of", "unknown")),
        "classes": len(_class_names(config)) if origin else 0,
    }
    if origin:
        known = {key: origin[key] for key in BackboneInfo.__dataclass_fields__ if key in origin}
        return BackboneInfo(**{**known, **own})
    if is_image(config):
        return _facts.image_info(_architecture(folder, config), own)
    files = {path.name: path.read_bytes() for path in folder.glob("*_config.json")}
    return _facts.sequence_info(name, config, own, size=native(name, config, files))


def read_backbone(
    folder: Path, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None
) -> Backbone:
    """The folder's body with its own preprocessing.

    Raises:
        Unavailable: a file is missing or damaged, or the weights do not fit the configuration.
        UserError: it is a kind of model that headstart cannot adapt, or not at this size.
    """
    config = read_config(folder)
    if not is_image(config):
        return _read_sequence(folder, config, info, pretrained=pretrained, seed=seed, size=size)[0]
    from headstart.backbones._timm_body import resized

    body, _ = _read_image(folder, config, info, pretrained=pretrained, seed=seed)
    return body if size is None else resized(body, size)


def read_model(folder: Path, info: BackboneInfo) -> Exported:
    """Body, head and class names of a folder that `Backbone.export` wrote.

    Raises:
        Unavailable: a file is missing or damaged.
        UserError: the folder was not exported by headstart, so its head may read something else than pooled features.
    """
    config = read_config(folder)
    if not _origin(config):
        raise UserError(
            f"{folder} was not exported by headstart, so its classes cannot be predicted with; adapt it as a model "
            f"instead: --model local:{folder}"
        )
    if is_image(config):
        body, head = _read_image(folder, config, info)
        # As it was trained: what was written before there was a reduced scale was trained on pictures in full.
        body.preprocess = body.preprocess.asking_for(config["headstart"].get("least_side"))
    else:
        body, head = _read_sequence(folder, config, info)
    return Exported(backbone=body, head=head, classes=_class_names(config))


def _class_names(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a folder that headstart exported."""
    if is_image(config):
        return tuple(config["label_names"])
    return tuple(config["id2label"][str(number)] for number in range(len(config["id2label"])))


def is_image(config: Mapping[str, Any]) -> bool:
    """Whether ``config.json`` is that of a timm model (with or without transformers' wrapper)."""
    return "architecture" in config


def _read_image(
    folder: Path, config: Mapping[str, Any], info: BackboneInfo, *, pretrained: bool = True, seed: int = 0
) -> tuple[TimmBackbone, LinearHead]:
    from headstart.backbones._head import head_of
    from headstart.backbones._timm_body import build, load_body

    backbone = build(info, _architecture(folder, config), seed=seed)
    tensors = {name.removeprefix("timm_model."): tensor for name, tensor in _tensors(folder).items()}
    head = head_of(tensors.pop(f"{backbone.classifier}.weight", None), tensors.pop(f"{backbone.classifier}.bias", None))
    first = f"{config['pretrained_cfg'].get('first_conv')}.weight"
    own = backbone.module.state_dict().get(first)
    if first in tensors and own is not None and own.shape[1] == RGB:  # it may read pixels rearranged into channels
        tensors[first] = rgb_weight(tensors[first])
    if pretrained:
        try:
            load_body(backbone, tensors)
        except RuntimeError as error:
            raise _unfit(folder) from error
    return backbone, head


def _read_sequence(
    folder: Path,
    config: Mapping[str, Any],
    info: BackboneInfo,
    *,
    pretrained: bool = True,
    seed: int = 0,
    size: int | None = None,
) -> tuple[SequenceBackbone, LinearHead]:
    from headstart.backbones._families import weights_in
    from headstart.backbones._family import MARKER
    from headstart.backbones._head import head_of
    from headstart.backbones._sequence_body import built_from, load_body
    from headstart.backbones._sound_family import EXTRACTOR
    from headstart.backbones._text import TOKENIZER_FILES

    names = [name for name in (*TOKENIZER_FILES, EXTRACTOR) if (folder / name).is_file()]
    files = {name: (folder / name).read_bytes() for name in names}
    backbone = built_from(files, info, config, folder=folder, seed=seed, size=size)
    if MARKER not in config:
        if pretrained:
            load_body(backbone, weights_in(info.name, config, folder))
        return backbone, head_of(None, None)
    tensors, head = backbone.family.parted(_tensors(folder), backbone.module.config)
    if pretrained:
        try:
            load_body(backbone, tensors)
        except RuntimeError as error:
            raise _unfit(folder) from error
    return backbone, head


def _tensors(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise Unavailable(f"{folder / WEIGHTS} is missing or damaged ({_reason(error)}).") from error


def _architecture(folder: Path, config: Mapping[str, Any]) -> Architecture:
    from headstart.backbones._timm_body import Architecture

    if "pretrained_cfg" not in config:
        raise Unavailable(f"{folder / CONFIG} lacks 'pretrained_cfg', so the preprocessing of {folder} is unknown.")
    args = {name: value for name, value in (config.get("model_args") or {}).items() if name not in BUILT}
    cfg = rgb_config(f"The model in {folder}", config["pretrained_cfg"])
    return Architecture(name=config["architecture"], args=args, pretrained_cfg=cfg)


def _origin(config: Mapping[str, Any]) -> dict[str, Any]:
    """What an exported folder says about its body; empty for a folder from elsewhere."""
    return dict(config.get("headstart", {}).get("backbone", {}))


def _unfit(folder: Path) -> Unavailable:
    return Unavailable(f"The weights in {folder / WEIGHTS} do not fit the model that {folder / CONFIG} describes.")


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
