"""A tiny convolutional backbone with BatchNorm and dropout, its source, and labelled pictures it can learn from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from headstart.backbones._dense import evenly
from headstart.backbones._layers import layered
from headstart.baselines.histograms import Histograms
from headstart.core.backbone import Backbone, BackboneInfo, Block, Dense, LinearHead, Preprocess, Source, Strength
from headstart.core.dataset import Dataset
from headstart.core.errors import Unavailable
from headstart.core.progress import Progress, Silent
from headstart.core.recipe import Budget, Recipe
from headstart.core.results import Results
from headstart.core.strategy import Strategy
from headstart.core.training import InputStrategy
from headstart.data._load import load
from headstart.data._reduce import Header
from headstart.engine.examples import Examples
from headstart.engine.features import Encoder
from headstart.engine.inputs import Inputs
from headstart.engine.items import Items
from headstart.engine.journal import Journal
from headstart.engine.options import Options, PoolMember
from headstart.engine.plan import PRESETS, Plan
from headstart.engine.ready import Ready
from headstart.engine.room import Room
from headstart.engine.run import Labelled, Run
from headstart.engine.trials import Contender
from headstart.engine.views import Views
from headstart.strategies.linear_probe import LinearProbe
from headstart.strategies.scratch import Scratch
from headstart.tasks.classification import Classification

SIZE = 16


def info(name: str = "toy:small", **changes: Any) -> BackboneInfo:
    facts: dict[str, Any] = {
        "name": name, "modality": "image", "dim": 8, "parameters": 1000, "gflops": 0.001, "input": {"size": SIZE},
        "pretraining": "none", "licence": "MIT", "revision": "1", "sha256": "0" * 64, "bytes": 4000, "prior": 0.5,
        "prior_of": "nothing", "family": "toy", "rate": 0.01, "batch_norm": True,
        "classes": 3,
    }  # fmt: skip
    return BackboneInfo(**{**facts, **changes})


class ToyPreprocess(Preprocess):
    modality = "image"

    def __init__(self, size: int) -> None:
        self.size = size
        self.read = 0

    @property
    def key(self) -> str:
        return json.dumps({"toy": self.size})

    def item(self, raw: Any) -> torch.Tensor:
        self.read += 1
        small = np.asarray(raw.resize((self.size, self.size)), dtype=np.float32) / 255
        return torch.from_numpy(small).permute(2, 0, 1) - 0.5

    def view(self, raw: Any, seed: int, strength: Strength = "mild") -> torch.Tensor:
        ready = self.item(raw)
        ready = ready.flip(1) if strength == "strong" else ready
        return ready.flip(2) if seed % 2 else ready

    def collate(self, ready: Sequence[Any]) -> dict[str, torch.Tensor]:
        return {"pixel_values": torch.stack(list(ready))}


class ToyBackbone(Backbone):
    fixed_shapes = True

    def __init__(self, facts: BackboneInfo, seed: int, size: int) -> None:
        self.info = facts
        self.seed = seed
        self.preprocess = ToyPreprocess(size)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.module = nn.Sequential(
                nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.3)),
                nn.Sequential(nn.Conv2d(6, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU()),
                nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Dropout(0.1)),
            ).eval()
        self.blocks = tuple(Block(name=f"block {n}", modules=(str(n),)) for n in range(3))

    def encode(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return self.upper({"hidden": batch["pixel_values"]}, 0)

    def layered(self) -> Backbone:
        return layered(self)

    def lower(self, batch: Mapping[str, torch.Tensor], boundary: int) -> dict[str, torch.Tensor]:
        return {"hidden": self.module[:boundary](batch["pixel_values"])}

    def upper(self, activations: Mapping[str, torch.Tensor], boundary: int) -> torch.Tensor:
        return self.module[boundary:](activations["hidden"]).mean(dim=(2, 3))

    def between(self, activations: Mapping[str, torch.Tensor], start: int, stop: int) -> dict[str, torch.Tensor]:
        return {"hidden": self.module[start:stop](activations["hidden"])}

    def dense(self, activations: Mapping[str, torch.Tensor], boundary: int) -> Dense:
        return evenly(activations["hidden"].flatten(2).transpose(1, 2))

    def export(self, folder: Path, head: LinearHead, classes: Sequence[str]) -> None:
        (folder / "toy.json").write_text(json.dumps({"classes": list(classes), "weight": head.weight.tolist()}))


class ToySource(Source):
    """``stored`` says whether the weights are there; pulling them works unless the source is ``offline``."""

    def __init__(self, *facts: BackboneInfo, stored: bool = True, offline: bool = False) -> None:
        self._infos = facts or (info(),)
        self.stored = stored
        self.offline = offline

    def infos(self) -> tuple[BackboneInfo, ...]:
        return self._infos

    def find(self, identifier: str) -> BackboneInfo | None:
        return next((i for i in self._infos if i.name.endswith(f":{identifier}")), None)

    def in_store(self, info: BackboneInfo) -> bool:
        return self.stored

    def pull(self, info: BackboneInfo, progress: Progress) -> None:
        if self.offline:
            raise Unavailable(f"{info.name} cannot be fetched: no network.")
        self.stored = True

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        if pretrained and not self.stored:
            raise Unavailable(f"{info.name} is not in the store.")
        info = replace(info, input={"size": size or info.input["size"]})
        return ToyBackbone(info, seed=0 if pretrained else seed + 1, size=info.input["size"])


def member(**changes: Any) -> PoolMember:
    facts = info(**changes)
    return PoolMember(source=ToySource(facts), info=facts)


def picture(label: int, seed: int) -> Image.Image:
    """Noise with a bright left or right half: easy to tell apart, and a mirror image is of the other class."""
    noise = np.random.default_rng(seed).integers(0, 120, size=(24, 24, 3), dtype=np.uint8)
    noise[:, 12 * label : 12 * label + 12, :] += 110
    return Image.fromarray(noise)


def items_of(images: Sequence[Image.Image]) -> Items:
    return Items(
        digests=[hashlib.sha256(image.tobytes()).hexdigest() for image in images],
        lengths=np.ones(len(images), dtype=np.int64),
        read=lambda position, _=None: images[position],
        header=lambda position: Header(images[position].size, jpeg=False),
    )


def labelled(count: int = 40, folds: int = 4, repeats: int = 2, seed: int = 0) -> Labelled:
    targets = np.arange(count) % 2
    images = [picture(int(target), 1000 * seed + number) for number, target in enumerate(targets)]
    generator = np.random.default_rng(seed)
    return Labelled(
        items=items_of(images),
        targets=targets,
        groups=np.arange(count),
        ties=np.arange(count),
        folds=np.stack([generator.permutation(np.arange(count) // 2 % folds) for _ in range(repeats)]),
        task=Classification(classes=("left", "right")),
    )


def dataset(folder: Path, *, train: int = 40, test: int = 20) -> Dataset:
    """Pictures in class folders, read by headstart's own loader; with ``test=0`` there is no test split."""
    for split, count, seed in (("train", train, 0), ("test", test, 1)):
        for number in range(count):
            place = folder / split / ("left", "right")[number % 2]
            place.mkdir(parents=True, exist_ok=True)
            picture(number % 2, 1000 * seed + number).save(place / f"{number}.png")
    return load(folder if test else folder / "train")


def options(
    home: Path, *members: PoolMember, strategies: Mapping[str, Strategy] | None = None, **recipe: Any
) -> Options:
    """A quick run over toy backbones."""
    asked = Recipe(**{"budget": "quick", **recipe})
    return Options(
        recipe=asked,
        task=Classification(classes=("left", "right")),
        pool=members or (member(),),
        strategies={"linear_probe": LinearProbe()} if strategies is None else strategies,
        probe=LinearProbe(),
        probe_name="linear_probe",
        scratch=Scratch(schedule=replace(Scratch().schedule, least_steps=0)),
        baseline=Histograms,
        baseline_name="histograms",
        scores={},
        budget=Budget.parse(asked.budget),
        home=home,
    )


def run(home: Path, *members: PoolMember, plan: Plan | None = None, **asked: Any) -> Run:
    """A run over `labelled` pictures that keeps nothing but features."""
    return Run(
        options=options(home, *members, **asked),
        plan=plan or replace(PRESETS["quick"], folds=4, repeats=2),
        data=labelled(),
        journal=Journal(None, {}),
        progress=Silent(),
    )


def contender(run: Run, chosen: PoolMember | None = None) -> Contender:
    """The first backbone of the pool with its features of the training items."""
    chosen = chosen or run.options.pool[0]
    backbone = chosen.source.load(chosen.info)
    encoder = Encoder(backbone, run.options.home, run.progress)
    return Contender(
        backbone=backbone,
        encoder=encoder,
        encoded=encoder.encode(run.data.items, "features"),
        untrained=lambda: chosen.source.load(chosen.info, pretrained=False),
    )


def inputs(
    backbone: Backbone, boundary: int, items: Items, *, views: Views | None = None, room: Room | None = None
) -> Inputs:
    """What is trained on above ``boundary`` in float32; without ``room`` activations stay in memory."""
    ready, shown = Ready(backbone, items), views or Views()
    return Inputs(backbone, boundary, ready, views=shown, dtype=torch.float32, room=room or Room())


def classifier() -> LinearHead:
    """What the toys were pretrained with."""
    random = np.random.default_rng(0)
    return LinearHead(weight=random.normal(size=(3, 8)), bias=random.normal(size=3))


def examples(strategy: InputStrategy, backbone: Backbone, count: int = 40) -> Examples:
    """All of ``labelled(count)`` as ``strategy`` reads them above its boundary."""
    data = labelled(count)
    boundary = strategy.prepare(backbone).frozen_blocks
    with torch.no_grad():
        ready = [backbone.preprocess.item(data.items.read(n)) for n in range(count)]
        features = backbone.encode(backbone.preprocess.collate(ready)).numpy()
    return Examples(
        inputs=inputs(backbone, boundary, data.items, views=Views.of(strategy.schedule)),
        rows=np.arange(count),
        targets=data.targets,
        task=data.task,
        class_weights=[1.0, 1.0],
        features=features,
        classifier=classifier,
        taught=np.random.default_rng(2).normal(size=(count, 2)),
        domains=np.arange(count) // 2 % 3,
    )


def measured(results: Results) -> dict[str, Any]:
    """All of the results but what the clock says."""
    found = asdict(results)
    for timed in ("seconds", "forward_pass_seconds", "environment"):
        del found[timed]
    for row in (*found["ranking"], *found["candidates"], *found["controls"].values()):
        del row["seconds"]
    return found
