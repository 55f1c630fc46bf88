"""A step and a start as penalties see them."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from headstart.core.backbone import LinearHead
from headstart.core.training import Seen, Start
from tests.engine import toys


def seen(features: torch.Tensor, **known: Any) -> Seen:
    """A step with these ``features (B, 8)``, of whose rest nothing is asked unless it is ``known``."""
    count = len(features)
    facts = {
        "logits": torch.zeros(count, 2),
        "losses": torch.zeros(count),
        "head": torch.zeros(2, 8),
        "labels": torch.zeros(count, 2),
        "batch": {},
        "maps": (),
        "rows": torch.arange(count),
    }
    return Seen(features=features, **{**facts, **known})


def body() -> toys.ToyBackbone:
    """The same one every time."""
    return toys.ToyBackbone(toys.info(), seed=0, size=16)


def start(**known: Any) -> Start:
    """A fit of the toy body on the first of the labelled pictures."""
    items, source = toys.labelled(12), body()
    batch = source.preprocess.collate([source.preprocess.item(items.items.read(row)) for row in range(12)])
    with torch.no_grad():
        features = source.encode(batch).numpy()
    facts = {
        "source": source,
        "trained": body(),
        "head": LinearHead(weight=np.random.default_rng(1).normal(size=(2, 8)), bias=np.zeros(2)),
        "features": features,
        "targets": items.targets,
        "classifier": toys.classifier,
        "domains": np.arange(12) // 2 % 3,
        "taught": np.random.default_rng(2).normal(size=(12, 2)),
        "look": lambda count: ({name: t[:count] for name, t in batch.items()}, torch.from_numpy(items.targets[:count])),
        "device": torch.device("cpu"),
        "running": nullcontext,
    }
    return Start(**{**facts, **known})
