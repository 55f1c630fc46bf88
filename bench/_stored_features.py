"""Synthetic features in the store, and a run that finds them there instead of encoding items."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headstart import catalog
from headstart.baselines.tfidf import Tfidf
from headstart.core.backbone import Backbone, BackboneInfo, Block, LinearHead, Preprocess, Strength
from headstart.core.dataset import Dataset, Issues, Split
from headstart.core.features import Features
from headstart.core.progress import Silent
from headstart.core.recipe import Budget, Recipe
from headstart.engine.arithmetic import Arithmetic
from headstart.engine.cache import FeatureSpace
from headstart.engine.digests import BYTES, Digests
from headstart.engine.features import Encoded, Encoder
from headstart.engine.items import Items
from headstart.engine.journal import Journal
from headstart.engine.options import Options
from headstart.engine.plan import PRESETS
from headstart.engine.run import Labelled, Run
from headstart.engine.trials import Contender
from headstart.strategies.linear_probe import LinearProbe
from headstart.strategies.scratch import Scratch
from headstart.tasks.classification import Classification

NAMED = 65_536
"""Names written at a time."""


def stored(home: Path, rows: int, width: int, classes: int, shard: int) -> tuple[Digests, NDArray[np.int64]]:
    """Digests and targets ``(rows,)`` of features in the space ``bench="memory"``, written ``shard`` rows at a time.

    Gaussian classes in directions of falling variance, like the features of a network; means are not zero.
    """
    rng = np.random.default_rng(0)
    scales = (np.exp(-np.arange(width) / (0.3 * width)) + 0.05).astype(np.float32)
    centres = 0.12 * rng.normal(size=(classes, width)) * np.exp(-np.arange(width) / (0.4 * width)) + 1.0
    targets = rng.integers(classes, size=rows)
    raw = np.empty((rows, BYTES), dtype=np.uint8)
    space = FeatureSpace(home, Silent(), bench="memory")
    for start in range(0, rows, shard):
        part = np.arange(start, min(start + shard, rows))
        names = b"".join(hashlib.sha256(str(row).encode()).digest()[:BYTES] for row in part)
        raw[part] = np.frombuffer(names, dtype=np.uint8).reshape(-1, BYTES)
        noise = np.random.default_rng(start).standard_normal((len(part), width), dtype=np.float32)
        space.add(Digests(raw[part]), (noise + centres[targets[part]].astype(np.float32)) * scales)
    return Digests(raw), targets


@dataclass(frozen=True, kw_only=True)
class Found:
    """What came out of the store, with labels, ties and folds ``(1, N)``."""

    features: NDArray[np.float32] | Features
    digests: Digests
    targets: NDArray[np.int64]
    groups: NDArray[np.int64]
    folds: NDArray[np.int64]
    classes: int


def labelled_run(found: Found, home: Path) -> tuple[Run, Contender, Dataset]:
    """A quick run on them with every score of the catalogue, the contender that has them, and their table."""
    names = tuple(f"class {number}" for number in range(found.classes))
    backbone = _Nothing(found.features.shape[1])
    items = Items(
        digests=found.digests,
        lengths=np.broadcast_to(np.int64(1), len(found.targets)),
        read=lambda position, _=None: f"item {position}",
    )
    options = Options(
        recipe=Recipe(budget="quick"),
        task=Classification(classes=names),
        pool=(),
        strategies={"linear_probe": LinearProbe()},
        probe=LinearProbe(),
        probe_name="linear_probe",
        scratch=Scratch(),
        baseline=Tfidf,
        baseline_name="tfidf",
        scores=catalog.scores.create(),
        budget=Budget.parse("quick"),
        home=home,
    )
    data = Labelled(
        items=items,
        targets=found.targets,
        groups=found.groups,
        ties=found.groups,
        folds=found.folds,
        task=options.task,
    )
    run = Run(options=options, plan=PRESETS["quick"], data=data, journal=Journal(None, {}), progress=Silent())
    encoded = Encoded(features=found.features, computed=0, forward_seconds=0.0, precision="float32")
    contender = Contender(
        backbone=backbone,
        encoder=_NeverRun(backbone, None, Silent()),
        encoded=encoded,
        untrained=lambda: backbone,
    )
    return run, contender, _named(found, names, home)


def _named(found: Found, classes: tuple[str, ...], home: Path) -> Dataset:
    """Their names lie in a file, as those of a data set on disk do."""
    rows, names = np.arange(len(found.targets)), home / "names.arrow"
    with pa.ipc.new_stream(names, pa.schema({"id": pa.string()})) as written:
        for start in range(0, len(rows), NAMED):
            written.write(pa.record_batch({"id": pa.array(rows[start : start + NAMED]).cast(pa.string())}))
    return Dataset(
        name="synthetic features",
        modality="text",
        table=datasets.Dataset.from_file(str(names)),
        classes=classes,
        groups=found.groups,
        split=Split(train=rows, test=rows[:0], origin="none"),
        fingerprint="",
        issues=Issues(),
        roles={},
    )


class _NeverRun(Encoder):
    """Of features that another process encoded."""

    def arithmetic(self, items: Items) -> Arithmetic:
        del items
        return Arithmetic()


class _Text(Preprocess):
    modality = "text"

    @property
    def key(self) -> str:
        return "stored"

    def item(self, raw: Any) -> Any:
        return raw

    def view(self, raw: Any, seed: int, strength: Strength = "mild") -> Any:
        return raw

    def collate(self, ready: Sequence[Any]) -> dict[str, Any]:
        raise NotImplementedError("these features were never encoded")


class _Nothing(Backbone):
    """A body that is only a name: its features are in the store."""

    fixed_shapes = False
    blocks: tuple[Block, ...] = ()

    def __init__(self, width: int) -> None:
        self.info = BackboneInfo(
            name="bench:stored", modality="text", dim=width, parameters=0, gflops=0.0, input={"tokens": 1},
            pretraining="none", licence="none", revision="none", sha256="none", bytes=0, prior=0.0, prior_of="nothing",
        )  # fmt: skip
        self.preprocess = _Text()

    def encode(self, batch: Mapping[str, Any]) -> Any:
        raise NotImplementedError("these features were never encoded")

    def lower(self, batch: Mapping[str, Any], boundary: int) -> dict[str, Any]:
        raise NotImplementedError("there are no blocks")

    def upper(self, activations: Mapping[str, Any], boundary: int) -> Any:
        raise NotImplementedError("there are no blocks")

    def between(self, activations: Mapping[str, Any], start: int, stop: int) -> dict[str, Any]:
        raise NotImplementedError("there are no blocks")

    def dense(self, activations: Mapping[str, Any], boundary: int) -> Any:
        raise NotImplementedError("there are no blocks")

    def export(self, folder: Path, head: LinearHead, classes: Sequence[str]) -> None:
        raise NotImplementedError("there is no body to write")
