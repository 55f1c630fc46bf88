"""Names and keywords of emoji in many languages, to be told apart by the nine broad categories of Unicode.

1,906 emoji: what Unicode's CLDR calls them and looks them up by, packed in the npm package emojibase-data (MIT). The
same ideas never come to two languages of one draw, so that no item is a translation of another.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench._csv import write_texts
from bench._emoji import dealt
from bench._npm import packed

VERSION = "16.0.3"
SHA256 = "cab288279075778f15b37f3ca60dfb17759af6fe29758e07338e248879991689"
COMPONENT = 2
"""The group of skin tones and hair."""


def write(path: Path, *, language: str, part: str, items: int, seed: int) -> None:
    """Write ``path`` with the texts of ``items`` emoji of the ``part`` (``train`` or ``test``) in a ``language``."""
    with tarfile.open(packed("emojibase-data", VERSION, SHA256)) as archive:
        listed, groups = (_json(archive, name) for name in (f"{language}/data.json", "meta/groups.json"))
    known = [{**each, "unified": each["hexcode"]} for each in listed if each.get("group", COMPONENT) != COMPONENT]
    drawn = dealt(known, train=items, test=items, seed=seed)[part]
    write_texts(path, ((described(each), groups["groups"][str(each["group"])]) for each in drawn))


def described(emoji: Mapping[str, Any]) -> str:
    """Its name and the words that it is found by."""
    return f"{emoji['label']}: {', '.join(emoji.get('tags', []))}".removesuffix(": ")


def _json(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(f"package/{name}")
    assert file is not None, name
    return json.load(file)
