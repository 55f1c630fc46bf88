"""timm's pretrained image models, from the hub."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.backbones import _hub, _store
from headstart.backbones._hub_models import TIMM
from headstart.core.backbone import Backbone, BackboneInfo, LinearHead, Source
from headstart.core.errors import Unavailable
from headstart.core.licences import NOT_STATED
from headstart.core.progress import Progress

if TYPE_CHECKING:
    import torch

    from headstart.backbones._timm_body import Architecture

SOURCE = "timm"


class Timm(Source):
    """``timm:ARCHITECTURE.TAG`` or ``timm:ARCHITECTURE.TAG@REVISION``; without a tag timm's default weights."""

    def infos(self) -> tuple[BackboneInfo, ...]:
        """The well-known ones, and whatever else is in the store."""
        return _store.listed(SOURCE, TIMM)

    def find(self, identifier: str) -> BackboneInfo | None:
        """See `Source.find`. Names beyond the short list are looked up in timm, which is imported for it."""
        for info in self.infos():
            if info.name == f"{SOURCE}:{identifier}":
                return info
        known = _known_to_timm(identifier)
        if known is None:
            return None
        name, cfg = known
        return next((info for info in self.infos() if info.name == name), None) or _info(name, cfg)

    def in_store(self, info: BackboneInfo) -> bool:
        """See `Source.in_store`."""
        return _store.is_stored(info.name)

    def pull(self, info: BackboneInfo, progress: Progress) -> None:
        """See `Source.pull`. A stored model is kept if it is intact and fetched anew if not."""
        if _store.is_intact(info.name):
            progress.say(f"{info.name} is already in the local store.")
            return
        cfg = _require(info)
        identifier, revision = _hub.split_revision(info.name.partition(":")[2])
        if not cfg["hf_hub_id"]:
            raise Unavailable(f"timm does not publish the weights of {info.name} on the hub; choose another model.")
        repository = _hub.look_up(info.name, cfg["hf_hub_id"], revision)
        # Download and converted weights lie side by side for a moment.
        with _store.adding(info.name, room=2 * repository.bytes) as arrival:
            path = _hub.take_weights(repository, arrival.downloads, progress, expected=info.sha256)
            body, classifier = _weights(identifier, path)
            arrival.write_tensors(body)
            if classifier is not None:
                arrival.write_classifier(*classifier)
            facts = dataclasses.replace(
                info,
                revision=repository.commit,
                sha256=_store.sha256_of(path),
                bytes=repository.bytes,
                classes=0 if classifier is None else len(classifier[1]),
                licence=_hub.licence(info, repository),
            )
            arrival.describe(facts, architecture=cfg["architecture"], pretrained_cfg=_preprocessing(cfg))

    def classifier(self, info: BackboneInfo) -> LinearHead | None:
        """See `Source.classifier`."""
        return _store.open_stored(info.name).classifier() if self.in_store(info) else None

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        """See `Source.load`; random weights need no store."""
        from headstart.backbones._stored_body import image_backbone

        return image_backbone(info, _architecture(info), pretrained=pretrained, seed=seed, size=size)


def _known_to_timm(identifier: str) -> tuple[str, dict[str, Any]] | None:
    """Full name and pretrained configuration of what timm calls ``identifier``."""
    import timm

    name, revision = _hub.split_revision(identifier)
    architecture, _, tag = name.partition(".")
    if not timm.is_model(architecture) or (tag and name not in timm.list_pretrained(f"{architecture}.*")):
        return None
    found = timm.get_pretrained_cfg(name)
    if found is None or not found.tag:
        return None
    suffix = "" if revision == _hub.MAIN else f"@{revision}"
    return f"{SOURCE}:{found.architecture}.{found.tag}{suffix}", found.to_dict(remove_source=False, remove_null=False)


def _info(name: str, cfg: dict[str, Any]) -> BackboneInfo:
    from headstart.backbones._facts import image_info
    from headstart.backbones._timm_body import Architecture

    _, revision = _hub.split_revision(name)
    architecture = Architecture(name=cfg["architecture"], args={}, pretrained_cfg=_preprocessing(cfg))
    known = {
        "name": name,
        "pretraining": f"see the tag '{cfg['tag']}'",
        "licence": cfg["license"] or NOT_STATED,
        "revision": revision,
        "sha256": "",
        "bytes": 0,
        "prior": 0.0,
        "prior_of": "unknown",
        "classes": int(cfg["num_classes"]),
    }
    info = image_info(architecture, known)
    return dataclasses.replace(info, bytes=4 * (info.parameters + (info.dim + 1) * int(cfg["num_classes"])))


def _require(info: BackboneInfo) -> dict[str, Any]:
    known = _known_to_timm(info.name.partition(":")[2])
    if known is None:
        raise Unavailable(f"The installed timm does not know {info.name}. Update it with: pip install -U timm")
    return known[1]


def _architecture(info: BackboneInfo) -> Architecture:
    """As stored, so that another timm release cannot change the preprocessing; as timm says if not stored."""
    from headstart.backbones._timm_body import Architecture

    if _store.is_stored(info.name):
        record = _store.open_stored(info.name).record
        return Architecture(name=record["architecture"], args={}, pretrained_cfg=record["pretrained_cfg"])
    cfg = _require(info)
    return Architecture(name=cfg["architecture"], args={}, pretrained_cfg=_preprocessing(cfg))


def _preprocessing(cfg: dict[str, Any]) -> dict[str, Any]:
    from headstart.backbones._timm_body import SAVED_CFG

    return {name: cfg[name] for name in SAVED_CFG if cfg.get(name) is not None}


def _weights(identifier: str, path: Path) -> tuple[dict[str, torch.Tensor], tuple[torch.Tensor, torch.Tensor] | None]:
    """Weights without classifier, in the names of the installed timm, which converts older files on loading; and the
    classifier, where it is one linear layer.
    """
    import timm
    from torch import nn

    # The overlay makes timm read our file; hub files are in timm's own format, whatever the origin's loader was.
    overlay = {"file": str(path), "custom_load": False}
    model: Any = timm.create_model(identifier, pretrained=True, pretrained_cfg_overlay=overlay)
    last = model.get_classifier()
    classifier = (last.weight, last.bias) if isinstance(last, nn.Linear) and last.bias is not None else None
    model.reset_classifier(0)
    return model.state_dict(), classifier
