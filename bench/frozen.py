"""A whole frozen run beside one bare forward pass over the same items in a loop tuned by hand.

    python -m bench frozen [--items 1000] [--rounds 3] [--seed 0] [--out FILE]

EfficientNet-Lite0 on solar cells and MiniLM-L6 on tweets. The loop does nothing but read the items, make them ready and
run the network: in inference mode, pictures in the memory order that convolutions like, texts by length in batches of a
bounded number of tokens, with memory kept between batches. It is timed in float32 and in bfloat16, in several batch
sizes, and the fastest whose features agree with float32 (mean cosine .999) is what is compared with; the fastest of all
is given, too.

The frozen run is everything from features to the report: features into an empty cache, the path of penalties, five
times five-fold cross-validation with calibration, neighbours and all transferability scores, intervals, the refit,
scores out of fold, the figures, the learning curve, and results and report written. Left out are the scan of the files,
loading the network, the controls and the export of the model. Once with how to run the network settled beforehand, as
on any but the first run of a model on a machine, once with that included. Contestants take turns; ratios are within a
round, medians with the smallest and the largest.

Then the same run through the public verbs, as a user has it: whole, three times unchanged, and with one item
replaced.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import headstart as hs
from bench._cells import cells
from bench._machine import machine
from headstart.asked import options_of
from headstart.core.backbone import Backbone, BackboneInfo, Source
from headstart.core.dataset import Dataset, Split
from headstart.core.home import home
from headstart.core.progress import Progress, Silent, Stage
from headstart.core.recipe import Recipe
from headstart.data._preview import preview
from headstart.demo import tweets
from headstart.engine.adapt import label
from headstart.engine.contest import hold
from headstart.engine.controls import Control
from headstart.engine.device import fast_dtype, keep_freed_memory
from headstart.engine.evidence import Findings, gather
from headstart.engine.final import score, settle
from headstart.engine.items import Items, items_of
from headstart.engine.journal import Journal
from headstart.engine.options import PoolMember
from headstart.engine.plan import PRESETS
from headstart.engine.proof import judge
from headstart.engine.rank import rank
from headstart.engine.run import Run
from headstart.engine.threads import modest_threads
from headstart.pool import find
from headstart.report.html import write_report
from headstart.report.json import write_results

RESULT = Path(__file__).parent / "results/frozen.txt"
COSINE = 0.999
BATCHES = (16, 32, 64)
AGAIN = 3
"""Unchanged reruns that are timed."""


def main() -> None:
    """Print the comparison and write it to ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    lines = [machine(), f"{given.items} items, {given.rounds} rounds", ""]
    print("\n".join(lines))
    with tempfile.TemporaryDirectory() as scratch:
        for scene in scenes(Path(scratch), given.items, given.seed):
            for line in measured(scene, given.rounds, Path(scratch)):
                print(line, flush=True)
                lines.append(line)
    given.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Items at ``source``, of which one can be replaced, and the network that reads them."""

    model: str
    source: Path
    raw: Sequence[Any]
    """Paths of pictures, or texts."""
    replace_one: Callable[[], None]


def scenes(scratch: Path, count: int, seed: int) -> Iterator[Scene]:
    """Both, one after the other."""
    pictures = cells(scratch, train=count, test=1, seed=seed) / "train"
    paths = sorted(path for path in pictures.rglob("*") if path.is_file())

    def turn_one() -> None:
        with Image.open(paths[0]) as image:
            turned = image.transpose(Image.Transpose.ROTATE_90)
        turned.save(paths[0])

    yield Scene(model="packaged:efficientnet_lite0", source=pictures, raw=paths, replace_one=turn_one)
    made, _ = tweets.prepare(train=count, test=1, seed=seed, progress=Silent())
    table = Path(shutil.copy(made, scratch / "tweets.csv"))
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def reword_one() -> None:
        rows[0]["text"] += " And that was new."
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    texts = [row["text"] for row in rows]
    yield Scene(model="packaged:minilm_l6", source=table, raw=texts, replace_one=reword_one)


def measured(scene: Scene, rounds: int, scratch: Path) -> Iterator[str]:
    """The lines of one network."""
    yield f"{scene.model}, {len(scene.raw)} items"
    backbone = find(scene.model).load()
    keep_freed_memory()
    loops = _loops(backbone, scene.raw)
    exact = loops[0].run()
    times: dict[str, list[float]] = {loop.name: [] for loop in loops}
    agreeing = {loop.name: _cosine(exact, loop.run()) for loop in loops}
    data = _unsplit(hs.load(scene.source))
    known = Path(tempfile.mkdtemp(dir=scratch))
    frozen_run(scene, backbone, data, known)
    runs: dict[str, list[float]] = {"settled": [], "first": []}
    stages: list[dict[str, float]] = []
    for _ in range(rounds):
        for loop in loops:
            times[loop.name].append(_seconds(loop.run))
        _forget_features(known)
        started = time.perf_counter()
        stages.append(frozen_run(scene, backbone, data, known))
        runs["settled"].append(time.perf_counter() - started)
        fresh = Path(tempfile.mkdtemp(dir=scratch))
        runs["first"].append(_seconds(lambda store=fresh: frozen_run(scene, backbone, data, store)))
    for name, seconds in times.items():
        yield f"  bare pass, {name:22} {_spread(seconds)} s, mean cosine {agreeing[name]:.5f}"
    fastest = min(times, key=lambda name: np.median(times[name]))
    fair = min((name for name in times if agreeing[name] >= COSINE), key=lambda name: np.median(times[name]))
    for kind, seconds in runs.items():
        for title, name in (("fastest that agrees", fair), ("fastest of all", fastest)):
            ratios = [run / bare for run, bare in zip(seconds, times[name], strict=True)]
            yield f"  frozen run ({kind}) {_spread(seconds)} s: {_spread(ratios)} of {title} ({name})"
    middle = {name: float(np.median([one[name] for one in stages])) for name in stages[0]}
    yield "  stages (settled), seconds: " + ", ".join(f"{name} {value:.2f}" for name, value in middle.items())
    yield from again(scene, scratch)
    yield ""


def again(scene: Scene, scratch: Path) -> Iterator[str]:
    """The public verbs: a run, the same once more, and with one item replaced."""
    out = Path(tempfile.mkdtemp(dir=scratch)) / "run"

    heard = Stages()

    def user() -> None:
        data = hs.load(scene.source)
        hs.adapt(data, out=out, model=scene.model, strategy="linear_probe", budget="quick", progress=heard)

    with _home(Path(tempfile.mkdtemp(dir=scratch))):
        first, more = _seconds(user), [_seconds(user) for _ in range(AGAIN)]
        share = 100 * np.median(more) / first
        yield f"  load and adapt {first:.2f} s; unchanged, {AGAIN} times more {_spread(more)} s ({share:.1f}%)"
        scene.replace_one()
        shutil.rmtree(out)
        heard.totals.clear()
        third = _seconds(user)
        encoded = heard.totals.get(f"features of {scene.model}", 0)
        yield f"  with one item replaced, to a new folder {third:.2f} s; encoded: {encoded} of {len(scene.raw)}"


class Stages(Silent):
    """Remembers how many steps each stage was said to have."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        """See `Progress.stage`."""
        self.totals[name] = total or 0
        with super().stage(name, total) as stage:
            yield stage


@dataclass(frozen=True, kw_only=True)
class Loop:
    """One way to do a bare pass; ``run`` gives features ``(N, D)`` in the order of the items."""

    name: str
    run: Callable[[], np.ndarray]


def _loops(backbone: Backbone, raw: Sequence[Any]) -> list[Loop]:
    kinds = [torch.float32] if fast_dtype() == torch.float32 else [torch.float32, fast_dtype()]
    run = _pictures if backbone.info.modality == "image" else _texts
    return [
        Loop(
            name=f"{str(dtype).removeprefix('torch.')}, batch {size}",
            run=lambda dtype=dtype, size=size: run(backbone, raw, dtype, size),
        )
        for dtype in kinds
        for size in BATCHES
    ]


def _pictures(backbone: Backbone, paths: Sequence[Path], dtype: torch.dtype, size: int) -> np.ndarray:
    def ready(path: Path) -> torch.Tensor:
        with Image.open(path) as image:
            return backbone.preprocess.item(image.convert("RGB"))

    found = []
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(paths), size):
            batch = backbone.preprocess.collate(list(pool.map(ready, paths[start : start + size])))
            found.append(_forward(backbone, batch, dtype))
    return torch.cat(found).numpy()


def _texts(backbone: Backbone, texts: Sequence[str], dtype: torch.dtype, size: int) -> np.ndarray:
    ready = [backbone.preprocess.item(text) for text in texts]
    order = sorted(range(len(ready)), key=lambda row: -len(ready[row]))
    found, rows = [], []
    while order:
        group = order[: max(1, size * 128 // len(ready[order[0]]))]
        order = order[len(group) :]
        rows += group
        found.append(_forward(backbone, backbone.preprocess.collate([ready[row] for row in group]), dtype))
    return torch.cat(found).numpy()[np.argsort(rows)]


def _forward(backbone: Backbone, batch: Any, dtype: torch.dtype) -> torch.Tensor:
    with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        return backbone.encode(batch).float()


class _Loaded(Source):
    """Gives out one backbone that is there already."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone

    def infos(self) -> tuple[BackboneInfo, ...]:
        """See `Source.infos`."""
        return (self._backbone.info,)

    def find(self, identifier: str) -> BackboneInfo | None:
        """See `Source.find`."""
        return self._backbone.info if identifier == self._backbone.info.name else None

    def in_store(self, info: BackboneInfo) -> bool:
        """See `Source.in_store`."""
        del info
        return True

    def pull(self, info: BackboneInfo, progress: Progress) -> None:
        """See `Source.pull`."""

    def load(self, info: BackboneInfo, *, pretrained: bool = True, seed: int = 0, size: int | None = None) -> Backbone:
        """See `Source.load`."""
        del info, pretrained, seed, size
        return self._backbone


def frozen_run(scene: Scene, backbone: Backbone, data: Dataset, store: Path) -> dict[str, float]:
    """Features to report, with features cached below ``store``; seconds of each stage."""
    seconds: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        seconds[name] = time.perf_counter() - started

    asked = Recipe(model=scene.model, strategy="linear_probe", budget="quick")
    options = replace(
        options_of(data, asked), home=store, pool=(PoolMember(source=_Loaded(backbone), info=backbone.info),)
    )
    plan, journal = replace(PRESETS["quick"], repeats=5), Journal(None, {})
    with modest_threads(len(data)), tempfile.TemporaryDirectory() as folder:
        with stage("folds"):
            train = items_of(data, data.split.train)
            labelled, note = label(data, train, options, plan)
            run = Run(options=options, plan=plan, data=labelled, journal=journal, progress=Silent())
        with stage("features, cross-validation, scores"):
            ranked = rank(run)
        with stage("refit"):
            settled = settle(hold(ranked.taken, run), run)
        with stage("score"):
            nothing = Items(digests=[], lengths=np.zeros(0, dtype=np.int64), read=train.read)
            scored = score(settled, ranked, run, data, nothing)
            guess = np.zeros((plan.repeats, len(train), len(data.classes)))
            control = Control(name="simple", detail="one class for all", logits=guess)
            proof = judge((control,), settled.chosen.trial, scored, labelled)
        with stage("figures"):
            found = Findings(ranked=ranked, settled=settled, scored=scored, proof=proof, retention=None)
            results = gather(found, run, data, preview=preview, notes=(note,), seconds={})
        with stage("report"):
            write_report(results, Path(folder))
            write_results(results, Path(folder))
    return seconds


def _unsplit(data: Dataset) -> Dataset:
    """All items to train on: what is scored are predictions out of fold."""
    rows = np.arange(len(data))
    return replace(data, split=Split(train=rows, test=rows[:0], origin="none"))


def _forget_features(store: Path) -> None:
    """Remove cached features; notes of what was settled stay."""
    for folder in (store / "features").iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    """The user's store in ``folder``, with the models that are fetched."""
    (folder / "models").symlink_to(home() / "models")
    before = os.environ.get("HEADSTART_HOME")
    os.environ["HEADSTART_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["HEADSTART_HOME"]
        else:
            os.environ["HEADSTART_HOME"] = before


def _cosine(exact: np.ndarray, other: np.ndarray) -> float:
    lengths = np.linalg.norm(exact, axis=1) * np.linalg.norm(other, axis=1)
    return float(np.mean(np.sum(exact.astype(np.float64) * other, axis=1) / lengths))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _spread(values: Sequence[float]) -> str:
    return f"{np.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
