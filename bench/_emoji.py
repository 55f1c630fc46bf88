"""Emoji as Google draws them, to be told apart by the nine broad categories of Unicode.

1,906 pictures of 64 x 64 pixels. The art is Noto Emoji (Apache-2.0), packed with its categories in the npm package
emoji-datasource-google (MIT). Skin tones are left out; the man, the woman and the person of one emoji look alike and
always come to the same part.
"""

from __future__ import annotations

import io
import json
import random
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from bench._npm import packed

PACKAGE = "emoji-datasource-google"
VERSION = "16.0.0"
SHA256 = "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438"
PEOPLE = frozenset({"1F468", "1F469", "1F9D1", "2640", "2642"})
"""Man, woman, person, and the signs of female and male: what differs between the variants of one emoji."""
JOINERS = frozenset({"200D", "FE0F"})


def prepare(folder: Path, *, train: int, test: int, seed: int) -> None:
    """Write ``folder/{train,test}/CLASS/*.png``, on white."""
    with tarfile.open(packed(PACKAGE, VERSION, SHA256)) as archive:
        listed = json.loads(_read(archive, "package/emoji.json"))
        known = [each for each in listed if each["category"] != "Component"]
        for part, chosen in dealt(known, train=train, test=test, seed=seed).items():
            for each in chosen:
                place = folder / part / re.sub(r"\W+", "_", each["category"].lower()) / each["image"]
                place.parent.mkdir(parents=True, exist_ok=True)
                _on_white(_read(archive, f"package/img/google/64/{each['image']}")).save(place)


def dealt(known: list[Mapping[str, str]], *, train: int, test: int, seed: int) -> Mapping[str, list[Mapping[str, str]]]:
    """Emoji for the parts ``train`` and ``test``: variants of one are together, in an order shuffled by ``seed``.

    A part that is full drops what is left of its last emoji.
    """
    together: dict[str, list[Mapping[str, str]]] = {}
    for each in known:
        together.setdefault(idea(each["unified"]), []).append(each)
    order = list(together.values())
    random.Random(seed).shuffle(order)
    parts: dict[str, list[Mapping[str, str]]] = {"train": [], "test": []}
    for variants in order:
        part = "train" if len(parts["train"]) < train else "test"
        parts[part] += variants
    if len(parts["test"]) < test:
        raise SystemExit(f"There are no {train} + {test} emoji; at most {len(known)} together.")
    return {"train": parts["train"][:train], "test": parts["test"][:test]}


def idea(unified: str) -> str:
    """The code points of an emoji without what says man, woman or person."""
    points = [point for point in unified.split("-") if point not in JOINERS]
    return "-".join(point for point in points if point not in PEOPLE) or "person"


def _read(archive: tarfile.TarFile, path: str) -> bytes:
    file = archive.extractfile(path)
    assert file is not None, path
    return file.read()


def _on_white(content: bytes) -> Image.Image:
    drawn = Image.open(io.BytesIO(content)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
