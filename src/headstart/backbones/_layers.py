"""A body whose features are the outputs of all its blocks, averaged over positions, and then its own."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headstart.backbones._dense import at_one
from headstart.backbones._folder import BODY, CONFIG, LAYERS, WEIGHTS, write_code
from headstart.backbones._head import check_head
from headstart.core.backbone import Backbone, Dense, Exported, LinearHead
from headstart.core.dataset import Modality
from headstart.core.errors import Unavailable, UserError
from headstart.core.sound import Clip

SAME = 1e-5
"""Relative difference up to which two ways to the same means are one."""
KIND = "headstart_layers"
"""``model_type`` of the exported folder."""
CODE = Path(__file__).with_name("_layers_model.py")
"""What runs it, and is written beside it."""
MEANS = "means"
"""Name of the activations that hold what the blocks below have said."""
LIES = ("channels_first", "channels_last", "time_first")
AUTO = {
    "image": "AutoModelForImageClassification",
    "text": "AutoModelForSequenceClassification",
    "audio": "AutoModelForAudioClassification",
}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Where the output of a block is found: that of ``module``, which ``lies`` in one of `LIES`; C numbers wide."""

    module: str
    lies: str
    width: int


class LayeredBackbone(Backbone):
    """The body ``whole`` read at every block: features ``(B, C_1 + ... + C_K-1 + D)``, those of the body last."""

    def __init__(self, whole: Backbone, layers: Sequence[Layer]) -> None:
        self.whole = whole
        self.layers = tuple(layers)
        self.code = CODE.name.lstrip("_")
        self.layer = f"all blocks: {', '.join(f'{layer.module} ({layer.width})' for layer in layers)}"
        self.preprocess = whole.preprocess
        self.module = whole.module
        self.blocks = whole.blocks
        self.fixed_shapes = whole.fixed_shapes
        self.info = dataclasses.replace(whole.info, dim=whole.info.dim + sum(layer.width for layer in layers))

    @property
    def widths(self) -> tuple[int, ...]:
        """See `Backbone.widths`."""
        return (*(layer.width for layer in self.layers), self.whole.info.dim)

    def encode(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """See `Backbone.encode`."""
        return self.lower(batch, len(self.blocks))["features"]

    def lean(self, batch: Mapping[str, torch.Tensor]) -> Backbone:
        """See `Backbone.lean`: that of the body, read in the same way."""
        leaner = LayeredBackbone(self.whole.lean(batch), self.layers)
        leaner.preprocess = self.preprocess
        return leaner

    def lower(self, batch: Mapping[str, torch.Tensor], boundary: int) -> dict[str, torch.Tensor]:
        """See `Backbone.lower`: the body's activations, and what its blocks up to the boundary have said."""
        return self.between(self._seen({}, self.whole.lower(batch, 1), 1), 1, boundary)

    def upper(self, activations: Mapping[str, torch.Tensor], boundary: int) -> torch.Tensor:
        """See `Backbone.upper`."""
        return self.between(activations, boundary, len(self.blocks))["features"]

    def between(self, activations: Mapping[str, torch.Tensor], start: int, stop: int) -> dict[str, torch.Tensor]:
        """See `Backbone.between`."""
        found = dict(activations)
        for number in range(start, stop):
            own = {name: tensor for name, tensor in found.items() if name != MEANS}
            found = self._seen(found, self.whole.between(own, number, number + 1), number + 1)
        return found

    def dense(self, activations: Mapping[str, torch.Tensor], boundary: int) -> Dense:
        """See `Backbone.dense`."""
        if boundary == len(self.blocks):
            return at_one(activations["features"])
        return self.whole.dense({name: tensor for name, tensor in activations.items() if name != MEANS}, boundary)

    def split(self, activations: Mapping[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """See `Backbone.split`."""
        if MEANS not in activations:
            return super().split(activations)
        own = self.whole.split({name: tensor for name, tensor in activations.items() if name != MEANS})
        return [{**part, MEANS: row} for part, row in zip(own, activations[MEANS], strict=True)]

    def join(self, parts: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        """See `Backbone.join`."""
        if MEANS not in parts[0]:
            return super().join(parts)
        own = self.whole.join([{name: part[name] for name in part if name != MEANS} for part in parts])
        return {**own, MEANS: torch.stack([part[MEANS] for part in parts])}

    def export(self, folder: Path, head: LinearHead, classes: Sequence[str]) -> None:
        """The body with the part of ``head`` that reads its features as an ordinary folder ``body``, the other weights
        in ``layers.safetensors``, and the code that adds both up (`headstart.backbones._layers_model`). transformers
        runs it with ``trust_remote_code=True`` and refuses the folder without.

        Raises:
            UserError: the head does not fit the body or the classes.
        """
        from safetensors.torch import save_file

        check_head(head, classes, self.info.dim)
        own, start = copy.copy(self.whole), 0
        own.preprocess = self.preprocess
        tensors: dict[str, torch.Tensor] = {}
        for number, layer in enumerate(self.layers):
            columns = head.weight[:, start : start + layer.width]
            tensors[str(number)] = torch.from_numpy(columns).to(torch.float32).contiguous()
            start += layer.width
        own.export(folder / BODY, LinearHead(weight=head.weight[:, start:], bias=head.bias), classes)
        for file in (folder / BODY).iterdir():
            if file.name not in (CONFIG, WEIGHTS):  # pipelines of sounds look for what reads them beside the model
                shutil.copy(file, folder / file.name)
        save_file(tensors, folder / LAYERS, {"format": "pt"})
        write_code(CODE, folder)
        text = json.dumps(self._config(classes), indent=2, ensure_ascii=False)
        (folder / CONFIG).write_text(text + "\n", encoding="utf-8")

    def _config(self, classes: Sequence[str]) -> dict[str, Any]:
        code = CODE.stem.lstrip("_")
        model = f"{code}.LayersForClassification"
        return {
            "architectures": ["LayersForClassification"],
            "model_type": KIND,
            "auto_map": {"AutoConfig": f"{code}.LayersConfig", AUTO[self.info.modality]: model},
            "modality": self.info.modality,
            "mask": self._mask(),
            "layers": [dataclasses.asdict(layer) for layer in self.layers],
            "id2label": {str(number): name for number, name in enumerate(classes)},
            "label2id": {name: number for number, name in enumerate(classes)},
        }

    def _mask(self) -> str:
        """What a mask of a batch is of; "" where there is none."""
        return "tokens" if self.info.modality == "text" else "" if self.fixed_shapes else "samples"

    def _seen(
        self, before: Mapping[str, torch.Tensor], activations: Mapping[str, torch.Tensor], boundary: int
    ) -> dict[str, torch.Tensor]:
        """``activations`` of the body after so many blocks, with what is known from ``before``."""
        known = [before[MEANS]] if MEANS in before else []
        if boundary == len(self.blocks):
            return {"features": torch.cat([*known, self.whole.upper(activations, boundary)], dim=1)}
        found = self.whole.dense(activations, boundary)
        own = (found.values * found.weights[:, :, None].to(found.values.dtype)).sum(dim=1)
        return {**activations, MEANS: torch.cat([*known, own], dim=1)}


def layered(whole: Backbone) -> LayeredBackbone:
    """``whole`` read at every block.

    Raises:
        UserError: it cannot be cut between its blocks, or what a block gives is the output of no module in it.
    """
    ready = [whole.preprocess.item(each) for each in _specimens(whole.info.modality)]
    batch = whole.preprocess.collate(ready)
    with torch.no_grad():
        found = _located(whole, batch, _means(whole, batch))
    missing = [whole.blocks[number].name for number, layer in enumerate(found) if layer is None]
    if missing:
        raise UserError(
            f"What {', '.join(missing)} of {whole.info.name} gives cannot be read from outside it; choose another "
            "strategy."
        )
    return LayeredBackbone(whole, [layer for layer in found if layer is not None])


def _means(whole: Backbone, batch: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
    """``(B, C)`` of every block but the last."""
    found: list[torch.Tensor] = []
    state: Mapping[str, torch.Tensor] = {}
    for number in range(1, len(whole.blocks)):
        state = whole.between(state, number - 1, number) if found else whole.lower(batch, 1)
        dense = whole.dense(state, number)
        found.append((dense.values * dense.weights[:, :, None]).sum(dim=1))
    return found


def _located(whole: Backbone, batch: Mapping[str, torch.Tensor], wanted: Sequence[torch.Tensor]) -> list[Layer | None]:
    """The module whose output has each of the means ``wanted (B, C)``, where there is one that is called once."""
    found: list[list[tuple[float, Layer]]] = [[] for _ in wanted]
    calls = Counter[str]()
    # Sounds of two specimens are as long as each other: their mask is of samples, and leaves nothing out.
    mask = batch.get("attention_mask") if whole.info.modality == "text" else None

    def watch(name: str) -> Any:
        def look(module: Any, inputs: Any, output: Any) -> None:
            calls[name] += 1
            for lies in LIES:
                given = _mean(output, lies, mask)
                for number, means in enumerate(wanted):
                    if (off := _off(given, means)) <= SAME:
                        found[number].append((off, Layer(module=name, lies=lies, width=means.shape[1])))

        return look

    hooks = [module.register_forward_hook(watch(name)) for name, module in whole.module.named_modules() if name]
    try:
        whole.encode(batch)
    finally:
        for hook in hooks:
            hook.remove()
    once = [[each for each in those if calls[each[1].module] == 1] for those in found]
    return [min(those, key=itemgetter(0))[1] if those else None for those in once]


def _mean(output: Any, lies: str, mask: torch.Tensor | None) -> torch.Tensor | None:
    """``(B, C)``, if what a module gave can lie so."""
    from headstart.backbones._layers_model import mean

    values = output[0] if isinstance(output, tuple | list) and output else output
    wanted = {"channels_first": (4,), "channels_last": (3, 4), "time_first": (3,)}[lies]
    if not isinstance(values, torch.Tensor) or values.ndim not in wanted:
        return None
    there = values.transpose(0, 1) if lies == "time_first" else values
    if mask is not None and there.shape[:2] != mask.shape:
        return None
    return mean(values, lies, mask)


def _off(given: torch.Tensor | None, means: torch.Tensor) -> float:
    """How far ``given`` is from ``means (B, C)``, measured by the largest of these."""
    if given is None or given.shape != means.shape:
        return math.inf
    return float((given - means).abs().max() / means.abs().max().clamp(min=1e-9))


def read_layered(folder: Path, body: Exported) -> Exported:
    """What `LayeredBackbone.export` wrote into ``folder``, of which ``body`` has been read.

    Raises:
        Unavailable: a file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        layers = [Layer(**layer) for layer in config["layers"]]
        weights = load_file(folder / LAYERS)
        columns = [weights[str(number)].astype(np.float64) for number in range(len(layers))]
    except (OSError, ValueError, LookupError, TypeError, SafetensorError) as error:
        raise Unavailable(f"{folder} is damaged: the weights of its layers cannot be read ({error}).") from error
    head = LinearHead(weight=np.concatenate([*columns, body.head.weight], axis=1), bias=body.head.bias)
    return Exported(backbone=LayeredBackbone(body.backbone, layers), head=head, classes=body.classes)


def _specimens(modality: Modality) -> list[Any]:
    """Two items that can be told apart; what matters is that their shapes are unlike the number of items."""
    draws = np.random.default_rng(0)
    match modality:
        case "image":
            from PIL import Image

            pixels = draws.integers(0, 256, size=(2, 64, 64, 3), dtype=np.uint8)
            return [Image.fromarray(each) for each in pixels]
        case "audio":
            noise = draws.uniform(-0.5, 0.5, size=(2, 32_000)).astype(np.float32)
            return [Clip(samples=each, rate=16_000) for each in noise]
        case "text":
            return ["one two three four five", "another text of some more words than the one before it has"]
