"""From the store to a loaded backbone; shared by the sources that keep their models there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headstart.backbones._store import Stored, open_stored
from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.errors import Unavailable

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


def sequence_backbone(
    info: BackboneInfo,
    *,
    pretrained: bool,
    seed: int,
    size: int | None,
    config: Mapping[str, Any] | None = None,
) -> Backbone:
    """A model of texts or sounds, with the stored weights or random ones; ``size`` is in seconds.

    ``config`` is that of a model known by heart: of sounds and with random weights it needs no store.

    Raises:
        Unavailable: the model is not in the store, is damaged, or does not fit the installed transformers.
        UserError: it does not hear so long, or reads texts.
    """
    from headstart.backbones._sequence_body import built_from, load_body, no_size
    from headstart.backbones._sound_family import EXTRACTOR
    from headstart.backbones._text import TOKENIZER_FILES

    if info.modality == "audio" and config is not None and not pretrained:
        return built_from({}, info, config, folder=None, seed=seed, size=size)
    if info.modality == "text":
        no_size(info, size)
    stored = open_stored(info.name)
    files = {name: stored.read(name) for name in (*TOKENIZER_FILES, EXTRACTOR) if name in stored.record["files"]}
    backbone = built_from(files, info, stored.record["config"], folder=stored.folder, seed=seed, size=size)
    if pretrained:
        try:
            load_body(backbone, stored.tensors())
        except RuntimeError as error:
            raise _unfit(stored) from error
    return backbone


def _unfit(stored: Stored) -> Unavailable:
    return Unavailable(
        f"The stored weights of {stored.name} do not fit the installed libraries' model of that name. Fetch them "
        f"again with: headstart models pull {stored.name}"
    )
