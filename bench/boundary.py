"""What storing the outputs of frozen blocks saves in an epoch, and whether the losses stay the same.

    python -m bench boundary [--items 1000] [--epochs 5] [--seed 0]

EfficientNet-Lite0 on solar cells and MiniLM-L6 on tweets, their last blocks trained: as many as make up a quarter of a
forward pass or less. In turn, an epoch of each kind is timed: on stored outputs (in memory-mapped files), with frozen
blocks run again without gradients, and as a plain loop does it, the whole network forward and only the last blocks
trained. Pictures are held decoded for all, tweets tokenised; computing the stored outputs is timed by itself. Ratios
are of epochs that followed one another: medians, with the smallest and the largest. Precision is float32, and what
headstart picks here. Losses are those of three epochs in float32, with and without random views.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from bench._cells import cells
from bench._machine import machine
from headstart.core.backbone import Backbone, LinearHead
from headstart.core.progress import Silent, Stage
from headstart.core.training import Preparation
from headstart.data._load import load
from headstart.demo import tweets
from headstart.engine.device import fast_dtype
from headstart.engine.examples import Examples, Settings
from headstart.engine.inputs import Inputs
from headstart.engine.items import Items, items_of
from headstart.engine.journal import Journal
from headstart.engine.operations import trained_share
from headstart.engine.precision import training_dtype
from headstart.engine.ready import Ready
from headstart.engine.room import Need, Place, Room
from headstart.engine.supervised import fit
from headstart.engine.views import Views
from headstart.pool import find
from headstart.strategies.last_blocks import LastBlocks
from headstart.tasks.classification import Classification

LARGEST = 0.25
"""Share of a forward pass above the boundary."""
KINDS = ("stored", "computed again", "whole network")
RESULT = Path(__file__).parent / "results/boundary.txt"


class Always(Room):
    """Everything goes to disk, however little it is and however fast it is computed."""

    def place(self, name: str, model: str, measure: Callable[[], Need]) -> Place:
        """See `Room.place`."""
        return Place(kind="disk")


class Never(Room):
    """Nothing is stored."""

    def place(self, name: str, model: str, measure: Callable[[], Need]) -> Place:
        """See `Room.place`."""
        return Place(kind="nowhere", reason="Asked for.")


class Watch(Silent):
    """The seconds of the last stage: a fit's epochs, without what comes before and after them."""

    seconds = 0.0

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        """See `Progress.stage`."""
        started = time.perf_counter()
        with super().stage(name, total) as stage:
            yield stage
        self.seconds = time.perf_counter() - started


@dataclass(frozen=True, kw_only=True)
class Plain(LastBlocks):
    """The same blocks trained, without a boundary: every batch runs through the whole network."""

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return replace(super().prepare(backbone), frozen_blocks=0)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A model with labelled items, and how many of its last blocks are trained."""

    backbone: Backbone
    ready: Ready
    targets: np.ndarray
    classes: tuple[str, ...]
    blocks: int
    share: float

    def inputs(self, strategy: LastBlocks, room: Room, dtype: torch.dtype) -> Inputs:
        """What ``strategy`` is trained on, its frozen blocks run in ``dtype``."""
        views, boundary = Views.of(strategy.schedule), strategy.prepare(self.backbone).frozen_blocks
        return Inputs(self.backbone, boundary, self.ready, views=views, dtype=dtype, room=room)

    def losses(
        self, strategy: LastBlocks, inputs: Inputs, dtype: torch.dtype, seed: int, watch: Watch | None = None
    ) -> tuple[float, ...]:
        """Of each epoch, from a random head: on one of zeros the first losses would be equal whatever came in."""
        drawn = np.random.default_rng(seed).normal(size=(len(self.classes), self.backbone.info.dim))
        head = LinearHead(weight=drawn / np.sqrt(self.backbone.info.dim), bias=np.zeros(len(self.classes)))
        examples = Examples(
            inputs=inputs,
            rows=np.arange(len(self.targets)),
            targets=self.targets,
            task=Classification(classes=self.classes),
            class_weights=[1.0] * len(self.classes),
        )
        settings = Settings(seed=seed, dtype=dtype)
        return fit(strategy, self.backbone, head, examples, settings, progress=watch or Silent()).losses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=5, help="timed epochs of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULT, help="file the table is written to, besides being shown")
    given = parser.parse_args()
    lines = [machine(), ""]
    print(lines[0], flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for number, scene in enumerate(scenes(Path(scratch), given.items, given.seed)):
            for line in measured(scene, Path(scratch) / str(number), given.epochs, given.seed):
                print(line, flush=True)
                lines.append(line)
    given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def scenes(scratch: Path, count: int, seed: int) -> Iterator[Scene]:
    pictures = cells(scratch, train=count, test=1, seed=seed)
    yield scene("packaged:efficientnet_lite0", str(pictures / "train"))
    texts, _ = tweets.prepare(train=count, test=1, seed=seed, progress=Silent())
    yield scene("packaged:minilm_l6", str(texts))


def scene(model: str, source: str) -> Scene:
    """All items of ``source``, decoded and held."""
    backbone, data = find(model).load(), load(source)
    items = items_of(data, np.arange(len(data.targets)))
    held = [items.read(position) for position in range(len(items))]
    items = Items(digests=items.digests, lengths=items.lengths, read=lambda position, _=None: held[position])
    shares = [trained_share(backbone, LastBlocks(blocks=n), items) for n in range(1, len(backbone.blocks))]
    fitting = [(n, share) for n, share in enumerate(shares, start=1) if share <= LARGEST]
    if not fitting:
        raise SystemExit(f"the last block of {model} is {100 * shares[0]:.0f}% of a forward pass")
    blocks, share = fitting[-1]
    return Scene(
        backbone=backbone,
        ready=Ready(backbone, items),
        targets=data.targets,
        classes=tuple(data.classes),
        blocks=blocks,
        share=share,
    )


def measured(scene: Scene, folder: Path, epochs: int, seed: int) -> Iterator[str]:
    """The lines of one model."""
    trained = f"{scene.blocks} of {len(scene.backbone.blocks)} blocks trained: {100 * scene.share:.1f}% of a pass"
    yield f"{scene.backbone.info.name}, {len(scene.targets)} items, {trained}"
    boundary, exact = len(scene.backbone.blocks) - scene.blocks, torch.float32
    pairs = [("float32", exact, exact)]
    picked = (fast_dtype(), training_dtype(scene.backbone, boundary, fast_dtype()))
    if picked != (exact, exact):
        frozen, above = (str(dtype).removeprefix("torch.") for dtype in picked)
        pairs.append((f"{frozen} below, {above} above", *picked))
    for name, frozen, above in pairs:
        yield from timed(scene, folder / name.replace(" ", "-"), (frozen, above), epochs, seed, name)
    for views in (False, True):
        yield compared(scene, folder / f"losses-{views}", views, seed)
    yield ""


def timed(
    scene: Scene, folder: Path, dtypes: tuple[torch.dtype, torch.dtype], epochs: int, seed: int, name: str
) -> Iterator[str]:
    """Seconds of epochs of each kind in turn, in one pair of precisions."""
    schedule = replace(LastBlocks().schedule, epochs=1, augment="none")
    last = LastBlocks(blocks=scene.blocks, schedule=schedule)
    plain = Plain(blocks=scene.blocks, schedule=schedule)
    frozen, above = dtypes
    room = Always(folder / "activations", Journal(folder / "journal", {}))
    runs = {
        KINDS[0]: (last, scene.inputs(last, room, frozen)),
        KINDS[1]: (last, scene.inputs(last, Never(), frozen)),
        KINDS[2]: (plain, scene.inputs(plain, Never(), above)),
    }

    def seconds(kind: str) -> float:
        watch = Watch()
        strategy, inputs = runs[kind]
        scene.losses(strategy, inputs, above, seed, watch)
        return watch.seconds

    filling = seconds(KINDS[0])
    for kind in KINDS[1:]:
        seconds(kind)
    found = [{kind: seconds(kind) for kind in KINDS} for _ in range(epochs)]
    stored = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
    typical = {kind: float(np.median([each[kind] for each in found])) for kind in KINDS}
    yield f"  {name}: {stored / 1e6:.0f} MB stored, computed once in {filling - typical[KINDS[0]]:.2f} s"
    for kind in KINDS:
        ratio = "" if kind == KINDS[0] else f"   {spread([each[kind] / each[KINDS[0]] for each in found])} of stored"
        yield f"    {kind:15} {typical[kind]:6.2f} s an epoch{ratio}"


def compared(scene: Scene, folder: Path, views: bool, seed: int) -> str:
    """A line on the losses on stored outputs and on those computed in every epoch, in float32."""
    schedule = replace(LastBlocks().schedule, epochs=3, augment="mild" if views else "none")
    strategy, exact = LastBlocks(blocks=scene.blocks, schedule=schedule), torch.float32
    rooms = (Always(folder / "activations", Journal(folder / "journal", {})), Never())
    found = [scene.losses(strategy, scene.inputs(strategy, room, exact), exact, seed) for room in rooms]
    shown = "random views" if views else "the fixed view"
    stored, computed = (np.array(losses) for losses in found)
    largest = np.abs(stored - computed).max()
    losses = ", ".join(f"{loss:.4f}" for loss in found[0])
    return f"  losses in float32, {shown}: {losses}; stored and computed differ by {largest:.1e} at most"


def spread(values: Sequence[float]) -> str:
    return f"{np.median(values):.2f}x ({min(values):.2f}-{max(values):.2f})"


if __name__ == "__main__":
    main()
