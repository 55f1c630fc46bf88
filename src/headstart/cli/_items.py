"""What the words after ``headstart predict RUN`` stand for."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from headstart.core.errors import UserError, nearest

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})


def expand(words: Sequence[str], modality: str) -> list[str]:
    """The items meant by ``words``, in their order: paths for images, texts for texts.

    Raises:
        UserError: a word stands for nothing that can be read; all such words are named at once.
    """
    problems: list[str] = []
    items: list[str] = []
    for word in words:
        if word == "-":
            lines = _lines(sys.stdin)
            items.extend(lines)
            if not lines:
                problems.append("Standard input held no items; expected one a line.")
        elif modality == "image":
            items.extend(_images(word, problems))
        else:
            items.extend(_texts(word, problems))
    if problems:
        raise UserError(*problems)
    return items


def _images(word: str, problems: list[str]) -> list[str]:
    path = Path(word)
    if path.is_file():
        return [word]
    if path.is_dir():
        found = sorted(str(each) for each in path.rglob("*") if each.suffix.lower() in IMAGE_SUFFIXES)
        if not found:
            problems.append(f"The folder '{word}' holds no images; expected files such as .jpg, .png or .tif.")
        return found
    if glob.has_magic(word):
        found = sorted(each for each in glob.glob(word, recursive=True) if Path(each).is_file())  # noqa: PTH207 - absolute patterns
        if not found:
            problems.append(f"No file matches the pattern '{word}'; quote it only if the shell should not expand it.")
        return found
    problems.append(f"There is no file '{word}'. {_neighbour(path)}".rstrip())
    return []


def _texts(word: str, problems: list[str]) -> list[str]:
    path = Path(word)
    if path.suffix.lower() != ".txt":
        return [word]
    if not path.is_file():
        problems.append(f"There is no file '{word}'. {_neighbour(path)}".rstrip())
        return []
    try:
        lines = _lines(path.read_text(encoding="utf-8").splitlines())
    except UnicodeDecodeError as error:
        problems.append(f"'{word}' is not UTF-8 text (byte {error.start}); save it as UTF-8.")
        return []
    if not lines:
        problems.append(f"'{word}' holds no text; expected one text a line.")
    return lines


def _lines(source: Iterable[str]) -> list[str]:
    return [line.strip() for line in source if line.strip()]


def _neighbour(path: Path) -> str:
    if not path.parent.is_dir():
        return f"The folder '{path.parent}' does not exist either."
    names = [each.name for each in path.parent.iterdir()]
    advice = nearest(path.name, names)
    return advice if advice.startswith("Did you mean") else ""
