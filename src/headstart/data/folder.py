"""A folder of class folders, with or without train, validation and test folders on top."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from headstart.core.data_kind import DataKind, Part, RawTable, Roles
from headstart.core.dataset import Issue, Modality
from headstart.core.errors import UnreadableItem, UserError
from headstart.core.words import counted
from headstart.data._arrow import image_items, text_items
from headstart.data._domains import FOLDERS
from headstart.data._file import read_bytes
from headstart.data._formats import SOUNDS, SUFFIXES, TEXTS
from headstart.data._issues import examples, issue
from headstart.data._roles import PARTS
from headstart.data._text import decode_text
from headstart.data._tree import Walk, display, entries, files_below, has_plain_name

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json")
SAVED_DATASET = ("state.json", "dataset_dict.json")
_ITEMS: Mapping[Modality, Collection[str]] = {"image": SUFFIXES, "audio": SOUNDS, "text": TEXTS}


@dataclass(frozen=True, slots=True)
class _Row:
    path: Path
    label: str
    part: Part
    domain: str | None = None


@dataclass(kw_only=True)
class _Listing:
    """Files in class folders, and what lies beside: loose files, folders without any file, folders not entered."""

    root: Path
    rows: list[_Row] = field(default_factory=list)
    loose: list[Path] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    walk: Walk = field(default_factory=Walk)


RUN = ("recipe.toml", "results.json")
"""Files that tell a run folder."""


class Folder(DataKind):
    """One folder per class; what lies deeper belongs to the class on top. Images, sounds, or ``.txt`` files of one text
    each.

    Where the domain is `FOLDERS`, one folder per domain, each with its class folders.

    Split folders are recognised by name when one of them is the training split and holds at least two folders and no
    items of its own, so that a class may well be called "train".
    """

    columnar: ClassVar[bool] = False

    def accepts(self, source: Any) -> bool:
        """A path to a folder that is not a saved Hugging Face data set."""
        if not isinstance(source, str | Path) or not Path(source).is_dir():
            return False
        return not any((Path(source) / name).exists() for name in SAVED_DATASET)

    def read(self, source: Any, roles: Roles) -> RawTable:
        """See `DataKind.read`; ids are paths relative to the folder."""
        root = Path(source)
        if all((root / name).is_file() for name in RUN):
            raise UserError(
                f"The folder '{root}' holds a run and no data. Give the data, or the recipe of that run "
                f"('{root / RUN[0]}') to have it again on its own data."
            )
        domain = None if roles.domain == FOLDERS else roles.domain
        given = [column for column in (roles.input, roles.label, roles.group, domain) if column]
        if given:
            raise UserError(
                f"'{root}' is a folder of files and has no column '{given[0]}'; labels are the names of its folders, "
                f"so leave the column out or give a table."
                + (
                    f" Where its folders are domains that hold the class folders, the domain is '{FOLDERS}'."
                    * bool(domain)
                )
            )
        listing = _list_all(root)
        if roles.labelled:
            listing = _list_domains(root) if roles.domain else _list(root)
        modality, rows = _kind(listing.rows)
        if not rows:
            raise UserError(_nothing_found(listing, labelled=roles.labelled, domains=roles.domain is not None))
        if roles.labelled and len({row.label for row in rows}) == 1 and (instead := _meant(listing, rows[0])):
            raise UserError(
                f"The folder '{root}' holds one class folder only ('{rows[0].label}'); did you mean '{instead}'?"
            )
        plain = roles.labelled and roles.domain is None and all(row.part == "train" for row in rows)
        alike = _like_domains(rows, root) if plain else []
        items, unreadable = _text_column(rows) if modality == "text" else _file_column(rows)
        return RawTable(
            name=root.resolve().name,
            modality=modality,
            ids=[display(row.path, root) for row in rows],
            items=items,
            labels=[row.label for row in rows] if roles.labelled else [None] * len(rows),
            groups=None,
            parts=[row.part for row in rows],
            roles={},
            issues=(*_notes(listing, rows), *alike),
            unreadable=unreadable,
            domains=[row.domain for row in rows] if roles.domain else None,
        )


def _kind(rows: Sequence[_Row]) -> tuple[Modality, list[_Row]]:
    """What the folder is taken for, and its rows: images or sounds, whichever there are more of, before texts."""
    found = {name: [row for row in rows if row.path.suffix.lower() in ends] for name, ends in _ITEMS.items()}
    files = max(("image", "audio"), key=lambda name: len(found[name]))
    return (files, found[files]) if found[files] else ("text", found["text"])


def _list(root: Path) -> _Listing:
    listing = _Listing(root=root)
    folders, files = entries(root, listing.walk)
    listing.loose += [root / name for name in files]
    parts: dict[str, Part] = {name: PARTS[name.lower()] for name in folders if name.lower() in PARTS}
    if any(part == "train" and _is_split(root / name) for name, part in parts.items()):
        listing.loose += [root / name for name in folders if name not in parts]
        for name, part in parts.items():
            below, files = entries(root / name, listing.walk)
            listing.loose += [root / name / file for file in files]
            _list_classes(listing, root / name, below, part)
    else:
        _list_classes(listing, root, folders, "train")
    return listing


def _list_domains(root: Path) -> _Listing:
    """Class folders in folders of domains, all of which train."""
    listing = _Listing(root=root)
    domains, files = entries(root, listing.walk)
    if any(PARTS.get(name.lower()) == "train" and _is_split(root / name) for name in domains):
        raise UserError(
            f"'{root}' holds split folders, and --domain {FOLDERS} (domain=) expects items in DOMAIN/CLASS: give the "
            "training folder, and the other with --test (test=)."
        )
    listing.loose += [root / name for name in files]
    for domain in domains:
        below, files = entries(root / domain, listing.walk)
        listing.loose += [root / domain / file for file in files]
        before = len(listing.rows)
        _list_classes(listing, root / domain, below, "train")
        listing.rows[before:] = [replace(row, domain=domain) for row in listing.rows[before:]]
    return listing


def _list_all(root: Path) -> _Listing:
    """Every file below ``root``, whatever folder it lies in."""
    listing = _Listing(root=root)
    listing.rows += [_Row(path, "", "train") for path in files_below(root, root, listing.walk)]
    return listing


def _list_classes(listing: _Listing, top: Path, folders: Sequence[str], part: Part) -> None:
    for label in folders:
        folder = top / label
        if folder.samefile(listing.root) or folder.samefile(top):
            listing.walk.loops.append(display(folder, listing.root))
            continue
        files = files_below(folder, listing.root, listing.walk)
        listing.rows += [_Row(path, label, part) for path in files]
        if not any(map(_is_item, files)):
            listing.empty.append(folder)


def _is_split(folder: Path) -> bool:
    folders, files = entries(folder, Walk())
    return len(folders) >= 2 and not any(_is_item(Path(name)) for name in files)


def _is_item(path: Path) -> bool:
    return any(path.suffix.lower() in suffixes for suffixes in _ITEMS.values())


def _file_column(rows: Sequence[_Row]) -> tuple[pa.ChunkedArray, dict[int, str]]:
    unspeakable = {number for number, row in enumerate(rows) if not has_plain_name(row.path)}
    paths = [None if number in unspeakable else str(row.path.absolute()) for number, row in enumerate(rows)]
    reason = "its name is not valid Unicode (rename it)"
    return image_items((path, None) for path in paths), dict.fromkeys(unspeakable, reason)


def _text_column(rows: Sequence[_Row]) -> tuple[pa.ChunkedArray, dict[int, str]]:
    texts: list[str | None] = []
    unreadable: dict[int, str] = {}
    for number, row in enumerate(rows):
        try:
            texts.append(decode_text(read_bytes(row.path), row.path.name))
        except UnreadableItem as error:
            texts.append(None)
            unreadable[number] = error.reason
    return text_items(texts), unreadable


def _notes(listing: _Listing, used: Sequence[_Row]) -> list[Issue]:
    notes = []
    if listing.walk.loops:
        sentence = f"{counted(len(listing.walk.loops), 'link')} to a folder above or already read: not followed."
        notes.append(issue("symlink_loop", "warning", sentence, listing.walk.loops))
    if listing.empty:
        empty = [display(folder, listing.root) for folder in listing.empty]
        sentence = f"{counted(len(empty), 'folder')} without any item: no class for {examples(empty)}."
        notes.append(issue("empty_folder", "warning", sentence, empty))
    taken = {row.path for row in used}
    left = [*listing.loose, *(row.path for row in listing.rows if row.path not in taken)]
    if left:
        names = sorted(display(path, listing.root) for path in left)
        sentence = f"{counted(len(names), 'file or folder', 'files or folders')} beside the items left out."
        notes.append(issue("ignored", "note", sentence, names))
    if listing.walk.hidden:
        sentence = f"{counted(listing.walk.hidden, 'hidden or system file')} left out."
        notes.append(Issue(code="hidden", severity="note", message=sentence, count=listing.walk.hidden))
    return notes


def _meant(listing: _Listing, row: _Row) -> Path | None:
    """What to load instead of a folder of one class: a table in it, or the folder below that has several."""
    tables = [path for path in listing.loose if path.suffix.lower() in TABLE_SUFFIXES]
    if tables:
        return tables[0]
    only = listing.root / row.path.relative_to(listing.root).parts[0]
    return only if _is_split(only) else None


def _like_domains(rows: Sequence[_Row], root: Path) -> list[Issue]:
    """A word where every class folder holds the same folders and no items besides: domains look like that."""
    below: dict[str, set[str]] = {}
    for row in rows:
        parts = row.path.relative_to(root).parts
        below.setdefault(parts[0], set()).add(parts[1] if len(parts) > 2 else "")
    inside = next(iter(below.values()), set())
    if len(below) < 2 or len(inside) < 2 or "" in inside or any(each != inside for each in below.values()):
        return []
    sentence = (
        f"The folders {examples(sorted(below))} are taken for classes, and all of them hold the folders "
        f"{examples(sorted(inside))}: if these are the classes and those domains, say --domain {FOLDERS} (domain=)."
    )
    return [issue("like_domains", "warning", sentence, sorted(below))]


def _nothing_found(listing: _Listing, *, labelled: bool, domains: bool) -> str:
    files = [*listing.loose, *(() if labelled else (row.path for row in listing.rows))]
    tables = [path for path in files if path.suffix.lower() in TABLE_SUFFIXES]
    loose = sum(map(_is_item, listing.loose))
    if not labelled:
        instead = f"; there is a table: give that instead ('{tables[0]}')" if tables else ""
        return f"The folder '{listing.root}' holds no images, sounds or .txt files{instead}."
    if domains:
        return (
            f"The folder '{listing.root}' holds no folders of classes in folders of domains, which --domain {FOLDERS} "
            "(domain=) asks for: expected items in DOMAIN/CLASS."
        )
    if tables:
        return f"The folder '{listing.root}' holds no class folders, but a table: give that instead ('{tables[0]}')."
    if loose:
        return (
            f"The folder '{listing.root}' holds {counted(loose, 'item')} but no class folders; "
            f"put the items of each class into a folder named after it, or give a table with a label column."
        )
    if not listing.rows and not listing.loose and not listing.empty:
        return (
            f"The folder '{listing.root}' is empty; expected one folder per class with images, sounds or .txt files in "
            "it."
        )
    return (
        f"The folder '{listing.root}' holds no images, sounds or .txt files in class folders; "
        f"expected one folder per class with its items in it."
    )
