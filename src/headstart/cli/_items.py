"""What the words after ``headstart predict RUN`` stand for."""

from __future__ import annotations

import glob
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from headstart.core.data_kind import Roles
from headstart.core.dataset import Modality
from headstart.core.errors import UnreadableItem, UserError
from headstart.core.words import counted
from headstart.data._file import read_bytes
from headstart.data._formats import SOUNDS, SUFFIXES, TABLES, TEXTS
from headstart.data._issues import examples
from headstart.data._sources import kind_of, neighbour
from headstart.data._text import decode_text
from headstart.data._tree import Walk, display, files_below
from headstart.report._format import shorten


@dataclass(kw_only=True)
class Expanded:
    """``items`` in the order of the words: names of image and sound files, paths of text files, texts themselves, cells
    of tables. ``names`` are those of cells, by position, where they are no texts that speak for themselves; ``notes``
    say what was left out of folders, one sentence each.
    """

    items: list[Any] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class _Kind(NamedTuple):
    """Files that are items: the ``suffixes`` they go by, ``some`` of these, and what they are called, ``one`` of them
    and ``many``.
    """

    suffixes: Collection[str]
    one: str
    many: str
    some: str


FILES: Mapping[Modality, _Kind] = {
    "image": _Kind(SUFFIXES, "an image", "images", "files such as .jpg, .png or .tif"),
    "audio": _Kind(SOUNDS, "a sound", "sounds", "files such as .wav, .flac or .mp3"),
    "text": _Kind(TEXTS, "a text", "texts", ".txt files of one text each"),
}
EXPECTED = "expected texts, .txt files, folders of them, tables (.csv, .tsv, .jsonl, .parquet), or - for lines"

LIKE_A_FILE = re.compile(r"\S*[\w)]\.[A-Za-z]\w{0,4}")
"""Words that may be meant for files: no blank in them, and the ending of one."""


def expand(
    words: Sequence[str], modality: Modality, *, lines: bool = False, column: str | None = None, usual: str = ""
) -> Expanded:
    """What is meant by ``words``. A folder stands for the files that training would find in it, a table for the items
    in its ``column`` (if not given, in the ``usual`` one; if there is none, in the one that training would take),
    and a text file for one text, or with ``lines`` for one a line.

    Raises:
        UserError: a word stands for nothing that can be read (all such words are named at once), or there are no files
            whose ``lines``, or tables whose ``column``, could be read.
    """
    problems: list[str] = []
    if lines and modality != "text":
        raise UserError(f"--lines reads texts, and this model is for {FILES[modality].many}; leave it out.")
    found, tables = Expanded(), list[Path]()
    for word in words:
        if named := _tables(word):
            tables += named
            for table in named:
                _cells(table, modality, column, usual, found, problems)
        elif word == "-":
            found.items.extend(_lines(sys.stdin.buffer.read(), "Standard input", problems))
        elif modality != "text":
            found.items.extend(_files(word, modality, found.notes, problems))
        else:
            found.items.extend(_texts(word, found.notes, problems))
    files = [item for item in found.items if isinstance(item, Path)]
    if lines and tables:
        problems.append("--lines reads .txt files, and tables have rows; predict them one after the other.")
    if lines and not files and not problems and "-" not in words:
        problems.append("--lines was given, and no .txt file to read lines of; name one, or leave --lines out.")
    if lines:
        found.items = [text for item in found.items for text in _read_lines(item, problems)]
    if column is not None and not tables:
        problems.append(f"--input {column} names a column, and no table was given to read it from; leave it out.")
    if problems:
        raise UserError(*problems)
    return found


def _tables(word: str) -> list[Path]:
    """The tables that it names, itself or as a pattern that ends like one."""
    path = Path(word)
    if path.suffix.lower() not in TABLES or _trouble(path) is not None:
        return []
    return [path] if path.is_file() else [Path(each) for each in _matching(word)]


def _matching(word: str) -> list[str]:
    """Files that match a pattern; none where it is no pattern."""
    found = glob.glob(word, recursive=True) if glob.has_magic(word) else []  # noqa: PTH207 - absolute patterns
    return sorted(each for each in found if Path(each).is_file())


def _cells(
    path: Path, modality: Modality, column: str | None, usual: str, found: Expanded, problems: list[str]
) -> None:
    """Add the items of all rows of a table to ``found``, those that cannot be read among them."""
    try:
        raw = kind_of(path).read(path, Roles(input=usual or None if column is None else column, labelled=False))
    except UserError as error:
        learnt = (
            ""
            if column is not None or not usual
            else f" The model learnt from column '{usual}'; name another with --input."
        )
        problems += [f"{problem}{learnt}" for problem in error.problems]
        return
    if raw.modality != modality:
        problems.append(
            f"Column '{raw.roles['input']}' of '{path}' holds {FILES[raw.modality].many}, and this model is for "
            f"{FILES[modality].many}; name another column with --input."
        )
        return
    found.notes += [issue.message for issue in raw.issues if issue.code in ("input_found", "no_header")]
    nothing = "" if modality == "text" else {"path": None, "bytes": None}
    for name, item in zip(raw.ids, raw.items.to_pylist(), strict=True):
        if modality != "text" or not (item or "").strip():
            found.names[len(found.items)] = name
        found.items.append(nothing if item is None else item)


def _read_lines(item: str | Path, problems: list[str]) -> list[str]:
    if isinstance(item, str):
        return [item]
    try:
        return _lines(read_bytes(item), str(item), problems)
    except UnreadableItem as error:
        problems.append(str(error))
        return []


def _files(word: str, modality: Modality, notes: list[str], problems: list[str]) -> list[str]:
    path = Path(word)
    trouble = _trouble(path)
    if trouble is not None:
        problems.append(f"'{shorten(word, 60)}' cannot be looked for: {trouble.strerror}.")
        return []
    if path.is_file():
        return [word]
    if path.is_dir():
        return _inside(path, modality, notes, problems)
    if glob.has_magic(word):
        found = _matching(word)
        if not found:
            problems.append(f"No file matches the pattern '{word}'; quote it only if the shell should not expand it.")
        return found
    problems.append(f"There is no file '{word}'. {_neighbour(path)}".rstrip())
    return []


def _inside(folder: Path, modality: Modality, notes: list[str], problems: list[str]) -> list[str]:
    walk = Walk()
    kind = FILES[modality]
    try:
        files = files_below(folder, folder, walk)
    except UserError as error:
        problems += error.problems
        return []
    found = [str(path) for path in files if path.suffix.lower() in kind.suffixes]
    others = [display(path, folder) for path in files if path.suffix.lower() not in kind.suffixes]
    if not found:
        problems.append(f"The folder '{folder}' holds no {kind.many}; expected {kind.some}.")
    left = [f"{counted(len(others), 'file')} without the ending of {kind.one} ({examples(others)})"] if others else []
    left += [counted(walk.hidden, "hidden or system file")] if walk.hidden else []
    left += [counted(len(walk.loops), "link") + " to a folder above or already read"] if walk.loops else []
    if left:
        notes.append(f"Left out of '{folder}': {', '.join(left)}.")
    return found


def _texts(word: str, notes: list[str], problems: list[str]) -> list[str] | list[Path]:
    path = Path(word)
    if not word.strip():
        problems.append(f"A text is empty; {EXPECTED}.")
        return []
    if _trouble(path) is not None:  # most often it is too long to be the name of a file
        return [word]
    if path.suffix.lower() in TEXTS or path.is_dir():
        return [Path(file) for file in _files(word, "text", notes, problems)]
    if path.exists():
        problems.append(f"'{word}' is a file; {EXPECTED}.")
        return []
    if LIKE_A_FILE.fullmatch(word):
        notes.append(f"'{word}' was taken for a text, as there is no such file. {_similar(path)}".rstrip())
    return [word]


def _trouble(path: Path) -> OSError | None:
    """Why nobody can tell whether there is such a file: its name is too long, or a folder may not be read."""
    try:
        path.exists()
    except OSError as error:
        return error
    return None


def _lines(raw: bytes, name: str, problems: list[str]) -> list[str]:
    """Lines that are not blank; decoded as training decodes texts."""
    try:
        text = decode_text(raw, name)
    except UnreadableItem as error:
        problems.append(str(error))
        return []
    # Not splitlines: to it, a form feed or U+2028 inside a text ends a line, too.
    found = [line.strip() for line in text.split("\n") if line.strip()]
    if not found:
        problems.append(f"{name} holds no items; expected one a line.")
    return found


def _neighbour(path: Path) -> str:
    if not path.parent.is_dir():
        return f"The folder '{path.parent}' does not exist either."
    return _similar(path)


def _similar(path: Path) -> str:
    """The file of the same folder that may have been meant, if there is one."""
    return neighbour(path, path.parent) if path.parent.is_dir() else ""
