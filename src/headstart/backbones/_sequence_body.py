"""A `Backbone` over a model of transformers that reads texts or sounds, and its export as an ordinary folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from headstart.backbones._dense import at_one, evenly, masked
from headstart.backbones._families import family_of
from headstart.backbones._family import MARKER, Family, TextFamily
from headstart.backbones._folder import write_code
from headstart.backbones._head import check_head
from headstart.backbones._layers import layered
from headstart.backbones._random import seeded
from headstart.backbones._sequence_input import SequencePreprocess
from headstart.backbones._sound_family import EXTRACTOR, SoundFamily
from headstart.backbones._text import TextPreprocess, read_tokenizer
from headstart.core.backbone import Backbone, BackboneInfo, Dense, LinearHead
from headstart.core.errors import UserError


class SequenceBackbone(Backbone):
    """The layers of a model; how they are run and pooled is the family's to say."""

    module: Any

    def __init__(self, info: BackboneInfo, family: Family, body: Any, preprocess: SequencePreprocess) -> None:
        """``body`` is what the family's `Family.body` gave."""
        self.info = info
        self.family = family
        self.code = family.code.name.lstrip("_") if family.code else ""
        self.module = body
        self.preprocess = preprocess
        self._exported = preprocess
        self.fixed_shapes = family.fixed_shapes
        self.blocks = family.blocks(body)

    def encode(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """See `Backbone.encode`."""
        state = self.family.run(self.module, self.family.begin(self.module, batch), 0, len(self.blocks))
        return self.family.pooled(self.module, state)

    def lean(self, batch: Mapping[str, torch.Tensor]) -> Backbone:
        """See `Backbone.lean`."""
        del batch
        return self.family.lean(self, self.module)

    def layered(self) -> Backbone:
        """See `Backbone.layered`."""
        return layered(self)

    def lower(self, batch: Mapping[str, torch.Tensor], boundary: int) -> dict[str, torch.Tensor]:
        """See `Backbone.lower`: the state above the boundary, of L tokens an item, or pooled features above all."""
        if boundary == len(self.blocks):
            return {"features": self.encode(batch)}
        return self.family.run(self.module, self.family.begin(self.module, batch), 0, boundary)

    def upper(self, activations: Mapping[str, torch.Tensor], boundary: int) -> torch.Tensor:
        """See `Backbone.upper`."""
        if boundary == len(self.blocks):
            return activations["features"]
        state = self.family.run(self.module, dict(activations), boundary, len(self.blocks))
        return self.family.pooled(self.module, state)

    def between(self, activations: Mapping[str, torch.Tensor], start: int, stop: int) -> dict[str, torch.Tensor]:
        """See `Backbone.between`."""
        if start == stop:
            return dict(activations)
        if stop == len(self.blocks):
            return {"features": self.upper(activations, start)}
        return self.family.run(self.module, dict(activations), start, stop)

    def dense(self, activations: Mapping[str, torch.Tensor], boundary: int) -> Dense:
        """See `Backbone.dense`."""
        if boundary == len(self.blocks):
            return at_one(activations["features"])
        values = self.family.hidden(self.module, dict(activations), boundary)
        mask = activations.get("attention_mask")
        return evenly(values) if mask is None else masked(values, mask)

    def split(self, activations: Mapping[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """See `Backbone.split`: each item's own L tokens, ``(L, D)``."""
        if "attention_mask" not in activations:
            return super().split(activations)
        lengths = activations["attention_mask"].sum(dim=1).tolist()
        states = {name: tensor for name, tensor in activations.items() if name != "attention_mask"}
        return [{name: tensor[row, :length] for name, tensor in states.items()} for row, length in enumerate(lengths)]

    def join(self, parts: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        """See `Backbone.join`: padded on the right, with zeros, to the longest; the mask keeps them out of attention
        and of the features.
        """
        if self.fixed_shapes or "features" in parts[0]:
            return super().join(parts)
        states = {
            name: torch.nn.utils.rnn.pad_sequence([part[name] for part in parts], batch_first=True) for name in parts[0]
        }
        lengths = torch.tensor([len(next(iter(part.values()))) for part in parts])
        mask = torch.arange(int(lengths.max())) < lengths[:, None]
        return {**states, "attention_mask": mask.to(torch.int64)}

    def export(self, folder: Path, head: LinearHead, classes: Sequence[str]) -> None:
        """See `Backbone.export`; how the features become part of an ordinary model is told in each family.

        Raises:
            UserError: the head does not fit the body or the classes, or the family's model cannot express it.
        """
        from safetensors.torch import save_file

        check_head(head, classes, self.info.dim)
        folder.mkdir(parents=True, exist_ok=True)
        save_file(self.family.written(self.module, head), folder / "model.safetensors", {"format": "pt"})
        text = json.dumps(self._config(classes), indent=2, ensure_ascii=False)
        (folder / "config.json").write_text(text, encoding="utf-8")
        self._exported.export(folder)
        if self.family.code is not None:
            write_code(self.family.code, folder)

    def _config(self, classes: Sequence[str]) -> dict[str, Any]:
        config = self.module.config.to_dict()
        return {
            **{name: value for name, value in config.items() if not name.startswith("_")},
            **self.family.changes(self.module.config),
            "architectures": [self.family.classifies],
            **self._exported.told,
            "id2label": {str(number): name for number, name in enumerate(classes)},
            "label2id": {name: number for number, name in enumerate(classes)},
            "dtype": "float32",
            MARKER: self.family.pooling,
            "headstart": {"backbone": dataclasses.asdict(self.info)},
        }


def build(
    info: BackboneInfo, config: Mapping[str, Any], preprocess: SequencePreprocess, *, seed: int
) -> SequenceBackbone:
    """The backbone that ``config.json`` content describes, with transformers' own random initialisation drawn from
    ``seed``.

    Raises:
        UserError: see `family_of`.
    """
    family = family_of(info.name, config)
    with seeded(seed):
        body = family.body(family.configured(config))
    return SequenceBackbone(info, family, body.float().eval(), preprocess)


def built_from(
    files: Mapping[str, bytes],
    info: BackboneInfo,
    config: Mapping[str, Any],
    *,
    folder: Path | None,
    seed: int,
    size: int | None,
) -> SequenceBackbone:
    """`build` with the preprocessing that ``files`` hold, which lie in ``folder``: a tokenizer, or how sounds are read.

    ``size`` is in seconds; None takes what the model is known to read.

    Raises:
        UserError: see `family_of`; or the model cannot hear as long, or reads texts.
    """
    family = family_of(info.name, config)
    if isinstance(family, SoundFamily):
        extractor = json.loads(files.get(EXTRACTOR, b"{}"))
        seconds = info.input["seconds"] if size is None else size
        config, sounds = family.listening(info.name, config, extractor, seconds)
        return build(dataclasses.replace(info, input={"seconds": seconds}), config, sounds, seed=seed)
    no_size(info, size)
    assert folder is not None  # where a tokenizer lies
    assert isinstance(family, TextFamily)
    texts = TextPreprocess(files, read_tokenizer(folder), info.input["tokens"], family.side)
    return build(info, config, texts, seed=seed)


def no_size(info: BackboneInfo, size: int | None) -> None:
    """Refuse a ``size`` for a model of texts.

    Raises:
        UserError: there is one.
    """
    if size is not None:
        raise UserError(f"{info.name} reads texts; a size in pixels ({size}) applies to image models only.")


def load_body(backbone: SequenceBackbone, tensors: Mapping[str, torch.Tensor]) -> None:
    """Put pretrained weights into a body built by `build`; every name and shape must fit."""
    backbone.module.load_state_dict(backbone.family.fitting(tensors, backbone.module), strict=True)
