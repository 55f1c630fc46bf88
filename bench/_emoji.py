"""Emoji as Google and Twitter draw them, to be told apart by the nine broad categories of Unicode.

1,906 pictures of 64 x 64 pixels. The art is Noto Emoji (Apache-2.0) and Twemoji (CC-BY-4.0), packed with its categories
in the npm packages emoji-datasource-google and emoji-datasource-twitter (MIT). Skin tones are left out; the man, the
woman and the person of one emoji look alike and always come to the same part.
"""

from __future__ import annotations

import io
import json
import random
import re
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from bench._npm import packed

VERSION = "16.0.0"
SHA256 = {
    "google": "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
    "twitter": "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
}
"""Of each vendor's package, ``emoji-datasource-VENDOR``."""
PEOPLE = frozenset({"1F468", "1F469", "1F9D1", "2640", "2642"})
"""Man, woman, person, and the signs of female and male: what differs between the variants of one emoji."""
JOINERS = frozenset({"200D", "FE0F"})


def prepare(folder: Path, *, train: int, test: int, seed: int) -> None:
    """Write ``folder/{train,test}/CLASS/*.png`` as Google draws them, on white."""
    for part in ("train", "test"):
        draw(folder / part, "google", part, train=train, test=test, seed=seed)


def draw(folder: Path, vendor: str, part: str, *, train: int, test: int, seed: int) -> None:
    """Write ``folder/CLASS/*.png``: the emoji of one of both parts as ``vendor`` draws them, on white."""
    with tarfile.open(packed(f"emoji-datasource-{vendor}", VERSION, SHA256[vendor])) as archive:
        listed = json.loads(_read(archive, "package/emoji.json"))
    known = [each for each in listed if each["category"] != "Component"]
    both = [each for each in known if all(each[f"has_img_{one}"] for one in SHA256)]
    wanted = {}
    for each in dealt(both, train=train, test=test, seed=seed)[part]:
        kind = re.sub(r"\W+", "_", each["category"].lower())
        wanted[f"package/img/{vendor}/64/{each['image']}"] = folder / kind / each["image"]
    with tarfile.open(packed(f"emoji-datasource-{vendor}", VERSION, SHA256[vendor]), "r|gz") as archive:
        for member in archive:  # once through: what is compressed can only be read in order
            if member.name in wanted:
                place, file = wanted[member.name], archive.extractfile(member)
                assert file is not None, member.name
                place.parent.mkdir(parents=True, exist_ok=True)
                _on_white(file.read()).save(place)


def dealt(
    known: Sequence[Mapping[str, Any]], *, train: int, test: int, seed: int
) -> Mapping[str, list[Mapping[str, Any]]]:
    """Emoji for the parts ``train`` and ``test``: variants of one are together, in an order shuffled by ``seed``.

    A part that is full drops what is left of its last emoji.
    """
    together: dict[str, list[Mapping[str, Any]]] = {}
    for each in known:
        together.setdefault(idea(each["unified"]), []).append(each)
    order = list(together.values())
    random.Random(seed).shuffle(order)
    parts: dict[str, list[Mapping[str, Any]]] = {"train": [], "test": []}
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
