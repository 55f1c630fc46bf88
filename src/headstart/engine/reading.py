"""Whether pictures may be decoded at a reduced scale for a backbone: its own features on some of them decide."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, Preprocess
from headstart.core.progress import Progress
from headstart.engine.arithmetic import Arithmetic
from headstart.engine.cache import noted
from headstart.engine.device import on_device
from headstart.engine.digests import smallest
from headstart.engine.features import readying, weights_digest
from headstart.engine.items import Items
from headstart.engine.journal import write_atomically

CHECKED = 8
"""Pictures that are decoded both ways."""
LOOKED_AT = 64
"""Files among which they are sought: where fewer are large JPEGs, decoding them is no great part of the work."""
COSINE_FLOOR = 0.999
"""Mean cosine between features of both readings below which pictures are decoded in full."""


def settle_reading(backbone: Backbone, items: Items, home: Path | None, progress: Progress) -> None:
    """Have ``backbone.preprocess`` ask for pictures in full if a reduced scale turns the features of some ``items``,
    or if that cannot be checked because none of those looked at would be reduced.

    To be called before anything is made of the backbone or encoded by it. The decision is a function of the content
    of the pictures checked, of weights and preprocessing, and is noted below ``home``: a resumed run decides alike.
    """
    checked = _large(items, backbone.preprocess.least_side)
    if not len(checked):
        if backbone.preprocess.least_side is not None:
            backbone.preprocess = backbone.preprocess.asking_for(None)
        return
    sample = hashlib.sha256("".join(str(items.digests[i]) for i in checked).encode()).hexdigest()
    identity = {"weights": weights_digest(backbone), "preprocess": backbone.preprocess.key, "checked": sample}
    note = home and noted(home, question="reduced scale", **identity)
    if note and note.exists():
        alike = bool(json.loads(note.read_text(encoding="utf-8"))["alike"])
    else:
        alike = _alike(backbone, items, checked)
        if note:
            write_atomically(note, json.dumps({"alike": alike}).encode())
    if not alike:
        progress.say(
            f"{backbone.info.name} sees large JPEGs otherwise at a reduced scale; they are decoded in full, which is "
            "slower."
        )
        backbone.preprocess = backbone.preprocess.asking_for(None)


def _large(items: Items, least_side: int | None) -> NDArray[np.int64]:
    """Positions of the first few pictures, by digest, that would be decoded at a reduced scale."""
    found: list[int] = []
    if least_side is not None and items.header is not None:
        for position in smallest(items.digests, LOOKED_AT):
            if items.header(int(position)).scale(least_side) > 1:
                found.append(int(position))
            if len(found) == CHECKED:
                break
    return np.asarray(found, dtype=np.int64)


def _alike(backbone: Backbone, items: Items, checked: NDArray[np.int64]) -> bool:
    reduced = backbone.preprocess
    copied = on_device(backbone)

    def features(preprocess: Preprocess) -> torch.Tensor:
        batch = preprocess.collate(readying(preprocess, items, checked, None)())
        return Arithmetic().features(copied, batch).double()

    cosine = torch.nn.functional.cosine_similarity(features(reduced.asking_for(None)), features(reduced), dim=1)
    return bool(cosine.mean() >= COSINE_FLOOR)
