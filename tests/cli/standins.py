"""Small stand-ins for what the layers below give to the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import datasets
import numpy as np

from headstart.core.backbone import BackboneInfo
from headstart.core.dataset import Dataset, Issue, Split
from headstart.core.results import Interval, RankingRow

if TYPE_CHECKING:
    from headstart.bundle.predictor import Prediction


def dataset(*issues: Issue, test: int = 2) -> Dataset:
    targets = [0, 0, 0, 1, 1, 0]
    numbers = np.arange(len(targets), dtype=np.int64)
    train = len(targets) - test
    return Dataset(
        name="letters",
        modality="text",
        table=datasets.Dataset.from_dict(
            {
                "id": [f"row {n}" for n in numbers],
                "item": ["x"] * 6,
                "target": targets,
                "digest": [str(n) for n in numbers],
            }
        ),
        classes=("ham", "spam"),
        groups=numbers,
        split=Split(train=numbers[:train], test=numbers[train:], origin="given" if test else "none"),
        fingerprint="f" * 8,
        issues=issues,
        roles={"input": "text", "label": "kind"},
    )


def interval(value: float) -> Interval:
    return Interval(value=value, low=value - 0.05, high=value + 0.05, method="made up")


def ranking_row(model: str, value: float | None, skipped: str | None = None) -> RankingRow:
    return RankingRow(
        model=model,
        input={"size": 224},
        prior=0.75,
        knn=None if value is None else interval(value - 0.1),
        probe=None if value is None else interval(value),
        scores={"logme": float("nan")},
        seconds=2.0,
        parameters=4_652_008,
        bytes=17_364_911,
        licence="Apache-2.0",
        taken=value is not None,
        skipped=skipped,
    )


INFO = BackboneInfo(
    name="packaged:tiny",
    modality="image",
    dim=8,
    parameters=1_500_000,
    gflops=0.1,
    input={"size": 32},
    pretraining="pictures",
    licence="MIT",
    revision="1",
    sha256="0" * 64,
    bytes=2_000_000,
    prior=0.7,
    prior_of="ImageNet-1k top-1",
    rate=1e-4,
)


def prediction(item: str) -> Prediction:
    from headstart.bundle.predictor import Prediction

    return Prediction(item=item, label="spam", confidence=0.75, probabilities={"ham": 0.25, "spam": 0.75})
