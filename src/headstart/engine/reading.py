"""Whether pictures may be decoded at a reduced scale for a backbone: its own features on some of them decide."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import PIL
import torch
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, Preprocess
from headstart.core.progress import Progress
from headstart.engine.arithmetic import COSINE_FLOOR, Arithmetic, mean_cosine
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


def settle_reading(backbone: Backbone, items: Items, home: Path | None, progress: Progress) -> None:
    """Have ``backbone.preprocess`` ask for pictures in full if a reduced scale turns the features of some ``items``,
    or if that cannot be checked because none of those looked at would be reduced.

    To be called before anything is made of the backbone or encoded by it. The decision is a function of the content
    of the pictures checked, of their decoder, of weights and preprocessing, and is noted below ``home``: a resumed run
    decides alike.
    """
    checked = _large(items, backbone.preprocess.least_side)
    if not len(checked):
        if backbone.preprocess.least_side is not None:
            backbone.preprocess = backbone.preprocess.asking_for(None)
        return
    note = home and noted(home, **_identity(backbone, items, checked))
    if note and note.exists():
        cosine = float(json.loads(note.read_text(encoding="utf-8"))["cosine"])
    else:
        cosine = _cosine(backbone, items, checked)
        if note:
            write_atomically(note, json.dumps({"cosine": cosine}).encode())
    if not cosine >= COSINE_FLOOR:  # NaN is not
        progress.say(
            f"{_called(backbone)}: features of {len(checked)} large JPEG{'s' if len(checked) > 1 else ''} differ at a "
            f"reduced scale (cosine {_short(cosine)}, at least {_short(COSINE_FLOOR)} expected), so all are decoded in "
            "full, which is slower."
        )
        backbone.preprocess = backbone.preprocess.asking_for(None)


def _identity(backbone: Backbone, items: Items, checked: NDArray[np.int64]) -> dict[str, str]:
    """All that the decision depends on."""
    return {
        "question": "reduced scale",
        "weights": weights_digest(backbone),
        "preprocess": backbone.preprocess.key,
        "checked": hashlib.sha256("".join(str(items.digests[i]) for i in checked).encode()).hexdigest(),
        "count": str(len(checked)),
        "floor": str(COSINE_FLOOR),
        "decoder": f"Pillow {PIL.__version__}",
    }


def _called(backbone: Backbone) -> str:
    size = backbone.info.input.get("size")
    return f"{backbone.info.name} at {size} px" if size else backbone.info.name


def _short(cosine: float) -> str:
    """``.9971``: rounded down, so that what is below the floor looks so."""
    if math.isnan(cosine):
        return "not a number"
    return f"{math.floor(1e4 * cosine + 1e-6) / 1e4:.4f}".rstrip("0").rstrip(".").removeprefix("0") or "0"


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


def _cosine(backbone: Backbone, items: Items, checked: NDArray[np.int64]) -> float:
    """Mean cosine between features of the pictures read in full and at a reduced scale."""
    reduced = backbone.preprocess
    copied = on_device(backbone)

    def features(preprocess: Preprocess) -> torch.Tensor:
        batch = preprocess.collate(readying(preprocess, items, checked, None)())
        return Arithmetic().features(copied, batch)

    return mean_cosine(features(reduced.asking_for(None)), features(reduced))
