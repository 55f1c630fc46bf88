"""How far pictures of several kinds are from what networks were pretrained on.

    python -m bench pretraining [--items 32] [--seed 0]

Crops of the two photographs that come with scikit-learn, in colour and in grey; the emoji, the solar cells and the
digits of the other measurements; and uniform noise. The networks are those with BatchNorm whose weights come in a
registry package: EfficientNet-Lite0 and -Lite2, of ImageNet. Then names and keywords of emoji in several languages, and
tweets, by the vocabulary of MiniLM-L6. What is printed gives the landmarks of `headstart.report._pretraining`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench import _digits, _emoji, _languages
from bench._machine import machine
from headstart import api
from headstart.core.progress import Silent
from headstart.demo import solar_cells, tweets
from headstart.engine.items import items_of
from headstart.engine.pretraining import from_pretraining
from headstart.engine.vocabulary import from_vocabulary
from headstart.pool import find

NETWORKS = ("efficientnet_lite0", "efficientnet_lite2")
SIDE = 256
READER, TEXTS = "minilm_l6", 400
LANGUAGES = ("en", "vi", "fr", "es", "it", "de", "pl", "hu", "fi", "ru", "ko", "ja", "zh")


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(f"{machine()}; {given.items} pictures of each kind; distance (95% interval), by block\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name, write in KINDS.items():
            folder = Path(scratch) / name
            write(folder, given.items, given.seed)
            pictures = api.load_unlabelled(folder)
            items = items_of(pictures, np.arange(len(pictures)))
            for network in NETWORKS:
                member = find(network)
                member.source.pull(member.info, Silent())
                found = from_pretraining(member.load(), items, progress=Silent(), seed=given.seed)
                assert found is not None  # they have BatchNorm
                blocks = " ".join(f"{each.distance:.3f}" for each in found.blocks)
                told = f"{found.distance:.3f} ({found.low:.3f} to {found.high:.3f})"
                print(f"{name:<20} {network:<20} {told}   {blocks}", flush=True)
    print(f"\nPieces per word of {TEXTS} texts (95% interval), share of unknown pieces, {READER}\n", flush=True)
    _vocabulary(given.seed)
    return 0


def _vocabulary(seed: int) -> None:
    member = find(READER)
    member.source.pull(member.info, Silent())
    preprocess = member.load().preprocess
    with tempfile.TemporaryDirectory() as scratch:
        tables = {"tweets": tweets.prepare(train=TEXTS, test=1, seed=seed, progress=Silent())[0]}
        for language in LANGUAGES:
            tables[language] = Path(scratch) / f"{language}.csv"
            _languages.write(tables[language], language=language, part="train", items=TEXTS, seed=seed)
        for name, table in tables.items():
            texts = api.load_unlabelled(table, input="text")
            found = from_vocabulary(preprocess, items_of(texts, np.arange(len(texts))), seed=seed)
            assert found is not None  # they have words
            print(
                f"{name:<20} {found.pieces:.2f} ({found.low:.2f} to {found.high:.2f})   {found.unknown:.1%}", flush=True
            )


def _photographs(folder: Path, items: int, seed: int, mode: str) -> None:
    from sklearn.datasets import load_sample_images

    shots: Any = load_sample_images()
    photographs, random = [Image.fromarray(each) for each in shots.images], np.random.default_rng(seed)
    folder.mkdir()
    for number in range(items):
        shown = photographs[number % len(photographs)]
        side = int(min(shown.size) * random.uniform(0.4, 1))
        left, top = (int(random.integers(0, most - side + 1)) for most in shown.size)
        shown.crop((left, top, left + side, top + side)).convert(mode).save(folder / f"{number}.png")


def _noise(folder: Path, items: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    folder.mkdir()
    for number in range(items):
        Image.fromarray(random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save(folder / f"{number}.png")


def _cells(folder: Path, items: int, seed: int) -> None:
    made = solar_cells.prepare(train=items, test=1, seed=seed, progress=Silent())
    folder.symlink_to(made / "train")


KINDS: Mapping[str, Callable[[Path, int, int], None]] = {
    "colour photographs": lambda folder, items, seed: _photographs(folder, items, seed, "RGB"),
    "grey photographs": lambda folder, items, seed: _photographs(folder, items, seed, "L"),
    "emoji": lambda folder, items, seed: _emoji.draw(folder, "google", "train", train=items, test=1, seed=seed),
    "solar cells": _cells,
    "digits": lambda folder, items, seed: _digits.write(folder, "mnist", items=items, seed=seed),
    "noise": _noise,
}

if __name__ == "__main__":
    sys.exit(main())
