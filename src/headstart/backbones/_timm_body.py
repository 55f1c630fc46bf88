"""A `Backbone` over a timm model, and its export as an ordinary ``TimmWrapperForImageClassification`` folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from headstart.backbones._coded import CODED, create, kind
from headstart.backbones._dense import at_one, evenly
from headstart.backbones._fold import folded
from headstart.backbones._folder import write_code
from headstart.backbones._head import check_head
from headstart.backbones._image import ImagePreprocess
from headstart.backbones._layers import layered
from headstart.backbones._random import seeded
from headstart.backbones._timm_steps import plan
from headstart.core.backbone import Backbone, BackboneInfo, Dense, LinearHead
from headstart.core.errors import UserError

SAVED_CFG = (
    "input_size",
    "fixed_input_size",
    "interpolation",
    "crop_pct",
    "crop_mode",
    "mean",
    "std",
    "pool_size",
    "first_conv",
    "classifier",
    "license",
)
"""What the exported ``pretrained_cfg`` keeps: preprocessing and structure, nothing about where weights came from."""

RESIZABLE = ("VisionTransformer",)
"""Fixed-size families whose absolute position embedding timm resamples for another size. Relative position tables are
left alone: timm interpolates them by an indexing that torch has deprecated and announced to change."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """How to build a timm model: its name, the arguments of ``create_model`` and its preprocessing configuration."""

    name: str
    args: Mapping[str, Any]
    pretrained_cfg: Mapping[str, Any]


class TimmBackbone(Backbone):
    """A timm model without its classifier.

    The pooled feature is what the model's own linear classifier reads:
    ``forward_head(forward_features(x), pre_logits=True)``.
    """

    fixed_shapes = True
    module: Any

    def __init__(self, info: BackboneInfo, architecture: Architecture, body: nn.Module, classifier: str) -> None:
        """``body`` has its classifier reset to none; ``classifier`` is the name that layer has in the state dict."""
        self.info = info
        self.architecture = architecture
        self.code = CODED[architecture.name].file if architecture.name in CODED else ""
        self._image = ImagePreprocess(architecture.pretrained_cfg)
        self.preprocess = self._image
        self.module = body
        self.classifier = classifier
        self._plan = plan(body)
        self.blocks = self._plan.blocks

    def encode(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """See `Backbone.encode`; reads ``pixel_values (B, 3, H, W)``."""
        return self._pooled(self.module.forward_features(batch["pixel_values"]))

    def lean(self, batch: Mapping[str, torch.Tensor]) -> Backbone:
        """See `Backbone.lean`: without the BatchNorms that a convolution can take over."""
        return folded(self, batch)

    def layered(self) -> Backbone:
        """See `Backbone.layered`."""
        return layered(self)

    def lower(self, batch: Mapping[str, torch.Tensor], boundary: int) -> dict[str, torch.Tensor]:
        """See `Backbone.lower`: ``hidden (B, ...)`` in the layout the next block reads, pooled features above all
        blocks, or the pixels themselves for a family that cannot be cut.
        """
        if boundary == len(self.blocks):
            return {"features": self.encode(batch)}
        if not self._plan.steps:
            return {"pixel_values": batch["pixel_values"]}
        return {"hidden": self._plan.run(self.module, batch["pixel_values"], 0, boundary)}

    def upper(self, activations: Mapping[str, torch.Tensor], boundary: int) -> torch.Tensor:
        """See `Backbone.upper`."""
        if boundary == len(self.blocks):
            return activations["features"]
        if not self._plan.steps:
            return self.encode(activations)
        return self._pooled(self._plan.run(self.module, activations["hidden"], boundary, len(self.blocks)))

    def between(self, activations: Mapping[str, torch.Tensor], start: int, stop: int) -> dict[str, torch.Tensor]:
        """See `Backbone.between`."""
        if start == stop:
            return dict(activations)
        if stop == len(self.blocks):
            return {"features": self.upper(activations, start)}
        if not self._plan.steps:
            return dict(activations)
        return {"hidden": self._plan.run(self.module, activations["hidden"], start, stop)}

    def dense(self, activations: Mapping[str, torch.Tensor], boundary: int) -> Dense:
        """See `Backbone.dense`; of a family that cannot be cut the pixels, up to the features."""
        (values,) = activations.values()
        if boundary == len(self.blocks):
            return at_one(values)
        if values.ndim == 4:
            values = values.flatten(1, 2) if self._plan.channels_last else values.flatten(2).transpose(1, 2)
        return evenly(values)

    def export(self, folder: Path, head: LinearHead, classes: Sequence[str]) -> None:
        """See `Backbone.export`. timm reads the folder too: ``create_model("local-dir:FOLDER", pretrained=True)``.

        Raises:
            UserError: the head does not fit the body or the classes.
        """
        from safetensors.torch import save_file

        check_head(head, classes, self.info.dim)
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {name: _plain(tensor) for name, tensor in self.module.state_dict().items()}
        tensors[f"{self.classifier}.weight"] = torch.from_numpy(head.weight).to(torch.float32).contiguous()
        tensors[f"{self.classifier}.bias"] = torch.from_numpy(head.bias).to(torch.float32).contiguous()
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        if self.code:
            write_code(CODED[self.architecture.name].path, folder)
        config = self._config(classes)
        (folder / "config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False), encoding="utf-8")

    def _config(self, classes: Sequence[str]) -> dict[str, Any]:
        own = {name: self.architecture.pretrained_cfg.get(name) for name in SAVED_CFG}
        # What the transform resolved wins, so that the folder repeats this preprocessing and no default's.
        cfg = {**own, **self._image.config, "classifier": self.classifier, "num_classes": len(classes)}
        # timm reads the folder too, and cannot bear empty model_args that are spelled null.
        args = {"model_args": dict(self.architecture.args)} if self.architecture.args else {}
        return {
            **kind(self.architecture.name),
            "architecture": self.architecture.name,
            **args,
            "num_classes": len(classes),
            "label_names": list(classes),
            "num_features": self.info.dim,
            "pretrained_cfg": {name: value for name, value in cfg.items() if value is not None},
            "dtype": "float32",
            "headstart": {"backbone": dataclasses.asdict(self.info), "least_side": self.preprocess.least_side},
        }

    def _pooled(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.module.forward_head(hidden, pre_logits=True)


def build(info: BackboneInfo, architecture: Architecture, *, seed: int) -> TimmBackbone:
    """The backbone with the architecture's own random initialisation drawn from ``seed``.

    Raises:
        UserError: timm does not know the architecture, or its classifier is not one linear layer on pooled features.
    """
    import timm

    try:
        with seeded(seed):
            model = create(
                architecture.name,
                num_classes=2,
                pretrained_cfg=dict(architecture.pretrained_cfg),
                **architecture.args,
            )
    except RuntimeError as error:
        if "Unknown model" not in str(error):
            raise
        raise UserError(
            f"timm {timm.__version__} does not know the architecture '{architecture.name}' of {info.name}. "
            "Update it with: pip install -U timm"
        ) from error
    complete = set(model.state_dict())
    classifier = model.get_classifier()
    found = [name for name, module in model.named_modules() if module is classifier]
    model.reset_classifier(0)
    # The exported folder is built with a classifier again, so taking it away must have changed nothing else.
    rest = complete - {f"{found[0]}.weight", f"{found[0]}.bias"} if found else set()
    if not isinstance(classifier, nn.Linear) or rest != set(model.state_dict()):
        raise UserError(
            f"{info.name} does not end in one linear layer on pooled features, which headstart replaces by its own "
            "head; choose another model."
        )
    model.eval().to(memory_format=torch.channels_last)
    return TimmBackbone(info, architecture, model, found[0])


def resized(backbone: TimmBackbone, size: int) -> TimmBackbone:
    """The same weights for square inputs of ``size`` pixels that show the whole frame (``crop_pct`` 1).

    Raises:
        UserError: the architecture only takes its native size, or ``size`` does not suit its patches.
    """
    cfg = {**backbone.architecture.pretrained_cfg, "input_size": (3, size, size), "crop_pct": 1.0, "pool_size": None}
    args = dict(backbone.architecture.args)
    native = backbone.info.input["size"]
    if cfg.get("fixed_input_size") and size != native:
        if type(backbone.module).__qualname__ not in RESIZABLE:
            raise UserError(f"{backbone.info.name} only takes images of {native} pixels; leave the size out.")
        patch = backbone.module.patch_embed.patch_size[0]
        if size % patch:
            raise UserError(
                f"{backbone.info.name} cuts images into patches of {patch} pixels, so its size must be a multiple of "
                f"{patch}, not {size}; use {max(1, round(size / patch)) * patch}."
            )
        backbone.module.set_input_size(img_size=(size, size))
        args["img_size"] = size
    architecture = Architecture(name=backbone.architecture.name, args=args, pretrained_cfg=cfg)
    info = dataclasses.replace(backbone.info, input={"size": size})
    return TimmBackbone(info, architecture, backbone.module, backbone.classifier)


def load_body(backbone: TimmBackbone, tensors: Mapping[str, torch.Tensor]) -> None:
    """Put pretrained weights into a body built by `build`; every name and shape must fit."""
    backbone.module.load_state_dict(tensors, strict=True)


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.detach().cpu()
    return (tensor.to(torch.float32) if tensor.is_floating_point() else tensor).contiguous()
