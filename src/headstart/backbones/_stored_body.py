"""From the store to a loaded backbone; shared by the sources that keep their models there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headstart.backbones._store import Stored, open_stored
from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.errors import Unavailable, UserError

if TYPE_CHECKING:
    from headstart.backbones._timm_body import Architecture


def image_backbone(
    info: BackboneInfo, architecture: Architecture, *, pretrained: bool, seed: int, size: int | None
) -> Backbone:
    """A timm body, with the stored weights or (``pretrained=False``, which needs no store) random ones.

    Raises:
        Unavailable: the weights are not in the store, are damaged, or do not fit the installed timm.
        UserError: the architecture cannot be used, or not at this size.
    """
    from headstart.backbones._timm_body import build, load_body, resized

    stored = open_stored(info.name) if pretrained else None
    backbone = build(info, architecture, seed=seed)
    if stored is not None:
        tensors = stored.tensors()
        try:
            load_body(backbone, tensors)
        except RuntimeError as error:
            raise _unfit(stored) from error
    return backbone if size is None else resized(backbone, size)


def text_backbone(info: BackboneInfo, *, pretrained: bool, seed: int, size: int | None) -> Backbone:
    """A text encoder from the store; the tokenizer is needed with random weights too.

    Raises:
        Unavailable: the model is not in the store, is damaged, or does not fit the installed transformers.
        UserError: a size in pixels was given.
    """
    from headstart.backbones import _text, _text_body

    if size is not None:
        raise UserError(f"{info.name} reads texts; a size in pixels ({size}) applies to image models only.")
    stored = open_stored(info.name)
    files = {name: stored.read(name) for name in _text.TOKENIZER_FILES if name in stored.record["files"]}
    preprocess = _text.TextPreprocess(files, _text.read_tokenizer(stored.folder), info.input["tokens"])
    backbone = _text_body.build(info, stored.record["config"], preprocess, seed=seed)
    if pretrained:
        try:
            _text_body.load_body(backbone, stored.tensors())
        except RuntimeError as error:
            raise _unfit(stored) from error
    return backbone


def sound_backbone(
    info: BackboneInfo, config: Mapping[str, Any], *, pretrained: bool, seed: int, seconds: int | None
) -> Backbone:
    """A Whisper encoder for ``seconds`` of sound (None: its own), with the stored weights or random ones.

    Raises:
        Unavailable: the weights are not in the store, are damaged, or do not fit the installed transformers.
        UserError: the model does not hear so long.
    """
    from headstart.backbones._whisper_body import build, load_body

    backbone = build(info, config, seconds or info.input["seconds"], seed=seed)
    if pretrained:
        stored = open_stored(info.name)
        try:
            load_body(backbone, stored.tensors())
        except (RuntimeError, KeyError) as error:
            raise _unfit(stored) from error
    return backbone


def _unfit(stored: Stored) -> Unavailable:
    return Unavailable(
        f"The stored weights of {stored.name} do not fit the installed libraries' model of that name. Fetch them "
        f"again with: headstart models pull {stored.name}"
    )
