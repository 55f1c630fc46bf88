"""Several pretrained models used as one: what is known of it, where it comes from, and its folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from headstart.core.backbone import Backbone, BackboneInfo, Exported, LinearHead, Source
from headstart.core.dataset import NOUNS
from headstart.core.errors import Unavailable, UserError
from headstart.core.licences import together
from headstart.core.progress import Progress

if TYPE_CHECKING:
    from headstart.backbones._joined_body import JoinedBackbone

SIGN = "+"
"""Between the names of the parts."""
PARTS = "joined.json"
"""In a model folder: its subfolders, one for every part."""


def joined_info(infos: Sequence[BackboneInfo], name: str = "") -> BackboneInfo:
    """What is known of ``infos`` together. Of a model of which nothing is known before it is fetched (no width),
    nothing is known in company either.

    Raises:
        UserError: they read different kinds of items, or one is named twice.
    """
    first, known = infos[0], all(info.dim for info in infos)
    name = name or SIGN.join(info.name for info in infos)
    if len({info.name for info in infos}) < len(infos):
        raise UserError(f"{name} names one model twice: features that are there already add nothing.")
    if known and len({info.modality for info in infos}) > 1:
        kinds = ", ".join(f"{info.name} {NOUNS[info.modality]}s" for info in infos)
        raise UserError(f"The models of {name} read different items: {kinds}. Join models that read the same.")
    normalised = [info.batch_norm for info in infos]
    best = max(infos, key=lambda info: info.prior)
    return BackboneInfo(
        name=name,
        modality=first.modality,
        dim=sum(info.dim for info in infos) if known else 0,
        parameters=sum(info.parameters for info in infos),
        gflops=sum(info.gflops for info in infos) if all(info.gflops for info in infos) else 0.0,
        input=_shared_input(infos),
        pretraining="; ".join(dict.fromkeys(info.pretraining for info in infos)),
        licence=together([info.licence for info in infos]),
        revision=SIGN.join(info.revision for info in infos),
        sha256=hashlib.sha256("".join(info.sha256 for info in infos).encode()).hexdigest(),
        bytes=sum(info.bytes for info in infos),
        prior=best.prior,
        prior_of=best.prior_of,
        family=SIGN.join(info.family for info in infos),
        rate=min(info.rate for info in infos),
        batch_norm=None if None in normalised else any(normalised),
    )


def _shared_input(infos: Sequence[BackboneInfo]) -> dict[str, int]:
    """The shortest of what all read; nothing of pictures that they want in different sizes."""
    first = infos[0].input
    shared = {key: min(info.input[key] for info in infos) for key in first if all(key in info.input for info in infos)}
    return {key: value for key, value in shared.items() if key != "size" or len({i.input[key] for i in infos}) == 1}


class Joined(Source):
    """The models of ``parts`` as one, each from its own source."""

    def __init__(self, parts: Sequence[tuple[Source, BackboneInfo]]) -> None:
        self._parts = tuple(parts)

    @property
    def info(self) -> BackboneInfo:
        """See `joined_info`."""
        return joined_info([info for _, info in self._parts])

    def infos(self) -> tuple[BackboneInfo, ...]:
        """None: models are joined on demand."""
        return ()

    def find(self, identifier: str) -> BackboneInfo | None:
        """What is known of the parts by now, whatever the ``identifier``."""
        del identifier
        return joined_info([info for _, info in self._known()])

    def in_store(self, info: BackboneInfo) -> bool:
        """See `Source.in_store`."""
        return all(source.in_store(part) for source, part in self._parts)

    def pull(self, info: BackboneInfo, progress: Progress) -> None:
        """See `Source.pull`."""
        for source, part in self._parts:
            source.pull(part, progress)

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        """See `Source.load`; all parts at ``size``."""
        parts = [source.load(part, pretrained=pretrained, seed=seed, size=size) for source, part in self._known()]
        return joined_body(parts, info.name)

    def _known(self) -> list[tuple[Source, BackboneInfo]]:
        """The parts with what their sources know by now: some facts come with the files."""
        return [(source, source.find(_identifier(info)) or info) for source, info in self._parts]


def parts_of(folder: Path) -> tuple[Path, ...]:
    """The folders of the parts of the joined model in ``folder``; empty if it holds none.

    Raises:
        Unavailable: what names them is damaged.
    """
    path = folder / PARTS
    if not path.is_file():
        return ()
    try:
        names = json.loads(path.read_text(encoding="utf-8"))["parts"]
        found = tuple(folder / Path(name).name for name in names)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Unavailable(f"{path} is damaged, so the models of {folder} cannot be told.") from error
    if not found:
        raise Unavailable(f"{path} is damaged: it names no models.")
    return found


def joined_exported(parts: Sequence[Exported], name: str) -> Exported:
    """The model that several exported folders make up.

    Raises:
        Unavailable: they do not tell the same classes apart.
    """
    import numpy as np

    classes = {part.classes for part in parts}
    if len(classes) > 1:
        raise Unavailable(f"The models of {name} tell different classes apart: {sorted(classes)}.")
    weight = np.concatenate([part.head.weight for part in parts], axis=1)
    head = LinearHead(weight=weight, bias=np.sum([part.head.bias for part in parts], axis=0))
    return Exported(backbone=joined_body([part.backbone for part in parts], name), head=head, classes=parts[0].classes)


def joined_body(parts: Sequence[Backbone], name: str) -> JoinedBackbone:
    """``parts`` as one body called ``name``."""
    from headstart.backbones._joined_body import JoinedBackbone

    return JoinedBackbone(joined_info([part.info for part in parts], name), parts)


def _identifier(info: BackboneInfo) -> str:
    return info.name.partition(":")[2]
