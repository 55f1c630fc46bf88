"""A table of named columns to rows with an item, a label, perhaps a group, a domain and a split."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import pyarrow as pa

from headstart.core.data_kind import Part, RawTable, Roles
from headstart.core.dataset import Issue, Modality
from headstart.core.errors import UserError, nearest
from headstart.core.words import counted
from headstart.data import _roles
from headstart.data._arrow import (
    from_objects,
    holds_sounds,
    image_items,
    is_image_object,
    is_sound_object,
    text_items,
)
from headstart.data._domains import FOLDERS
from headstart.data._formats import FILES


@dataclass(frozen=True, kw_only=True)
class Columns:
    """``values`` by column name, N each: Python values, or for encoded images and sounds an Arrow column of
    type `headstart.data._arrow.IMAGE`.

    ``where`` names the source in messages, ``base`` is the folder that relative image paths start from, ``parts``
    the source's own split.
    """

    name: str
    where: str
    values: Mapping[str, Sequence[Any] | pa.ChunkedArray]
    ids: Sequence[str]
    base: Path | None = None
    parts: Sequence[Part] | None = None
    issues: tuple[Issue, ...] = field(default=())


class _Items(NamedTuple):
    modality: Modality
    items: pa.ChunkedArray
    ids: Sequence[str]
    unreadable: Mapping[int, str]


def to_rows(columns: Columns, roles: Roles) -> RawTable:
    """Find the columns that were not named, and read them.

    Raises:
        UserError: a named column is missing or named twice, or one that was not named cannot be told; all such problems
            at once.
    """
    if not columns.values or not columns.ids:
        raise UserError(f"{columns.where} has no rows; expected a header and one item per row.")
    if not roles.required and roles.domain and roles.domain not in columns.values:
        roles = replace(roles, domain=None)
    plain = {name: values for name, values in columns.values.items() if not isinstance(values, pa.ChunkedArray)}
    problems = [*_missing(columns, roles), *_named_twice(roles)]
    named = set(_wanted(roles).values())
    split = None if columns.parts else _split_column(plain, named)
    others = {name: values for name, values in plain.items() if name not in named and name != split}

    source = roles.input or _find_input(columns, others, problems)
    label = roles.label
    if label is None and roles.labelled:
        label = _find_label({name: v for name, v in others.items() if name != source}, columns, problems)
    rest = {name: values for name, values in others.items() if name not in (source, label)}
    group = roles.group or _find_group(rest)
    lacking = source is None or (label is None and roles.labelled)
    for role, column in (("group", roles.group), ("domain", roles.domain)):
        usual = not roles.label and _roles.by_name(list(plain), _roles.LABEL_NAMES) == column
        if column in columns.values and (usual or lacking):
            problems.append(
                f"Column '{column}' is named as {role}, so it was not taken for the input or the label; "
                f"name another {role} if it is one of them, or name all three."
            )
    if problems or source is None or lacking:
        raise UserError(*problems)

    found = _items(columns, source)
    chosen = {"input": source, "label": label, "group": group, "domain": roles.domain, "split": split}
    train: list[Part] = ["train"]
    parts = columns.parts or (_roles.split_parts(plain[split]) if split else None)
    return RawTable(
        name=columns.name,
        modality=found.modality,
        ids=found.ids,
        items=found.items,
        labels=[None] * len(found.ids) if label is None else plain[label],
        groups=plain[group] if group else None,
        parts=parts or train * len(found.ids),
        roles={role: name for role, name in chosen.items() if name},
        issues=(*columns.issues, *_notes(roles, group, source, _roles.free_text(rest))),
        unreadable=found.unreadable,
        domains=plain[roles.domain] if roles.domain else None,
    )


def _wanted(roles: Roles) -> dict[str, str]:
    """The columns that were named, by role."""
    named = {"input": roles.input, "label": roles.label, "group": roles.group, "domain": roles.domain}
    return {role: name for role, name in named.items() if name}


def _missing(columns: Columns, roles: Roles) -> list[str]:
    wanted = _wanted(roles)
    problems = [
        f"{columns.where} has no column '{name}' to use as {role}. {_hint(role, name, columns)}"
        for role, name in wanted.items()
        if name not in columns.values
    ]
    problems += [
        f"Column '{name}' of {columns.where} holds files and cannot be the {role}."
        for role, name in wanted.items()
        if role != "input" and isinstance(columns.values.get(name), pa.ChunkedArray)
    ]
    return problems


def _hint(role: str, name: str, columns: Columns) -> str:
    if (role, name) == ("domain", FOLDERS):
        return f"'{FOLDERS}' is for folders of domains that hold class folders; of a table, name a column."
    return nearest(name, columns.values)


def _named_twice(roles: Roles) -> list[str]:
    named = _wanted(roles)
    return [
        f"Column '{named[a]}' is named both as {a} and as {b}; name two different columns."
        for a, b in combinations(named, 2)
        if named[a] == named[b]
    ]


def _find_input(columns: Columns, others: Mapping[str, Sequence[Any]], problems: list[str]) -> str | None:
    encoded = [name for name, values in columns.values.items() if isinstance(values, pa.ChunkedArray)]
    objects = [name for name, values in others.items() if any(map(_is_object, _roles.sample(values)))]
    paths = [name for name, values in others.items() if _looks_like_paths(values)]
    existing = [name for name in paths if any(map(os.path.exists, _resolve(others[name], columns.base)))]
    for found in (encoded, objects, existing):
        if found:
            return found[0]
    if paths:
        example = _roles.sample(others[paths[0]])[0]
        problems.append(
            f"Column '{paths[0]}' of {columns.where} names files such as '{example}', but none of them exists "
            f"beside the table or in the current folder."
        )
        return None
    unlabelled = {n: v for n, v in others.items() if n.strip().lower() not in _roles.LABEL_NAMES}
    texts = _roles.free_text(unlabelled) or _roles.only_text(unlabelled)
    if not texts:
        there = {name: list(filter(_roles.is_there, values)) for name, values in unlabelled.items()}
        repeated = "".join(
            f" Column '{name}' holds {counted(len(set(texts)), 'different text')} in {counted(len(texts), 'row')}."
            for name, texts in there.items()
            if _roles.mean_words(texts) > 0 and len(set(texts)) < len(texts)
        )
        problems.append(
            f"{columns.where} has no column of paths of images or sounds, or of free text, to read; "
            f"name one with input= (--input). Columns: {', '.join(columns.values)}.{repeated}"
        )
        return None
    return texts[0]


def _find_label(others: Mapping[str, Sequence[Any]], columns: Columns, problems: list[str]) -> str | None:
    named = _roles.by_name(list(others), _roles.LABEL_NAMES)
    if named:
        return named
    found = _roles.class_like(others)
    if len(found) > 1:
        group = _find_group(others)
        found = [name for name in found if name != group]
    if len(found) == 1:
        return found[0]
    which = f"several could be ({', '.join(found)})" if found else f"none looks like one ({', '.join(columns.values)})"
    problems.append(f"{columns.where} has no column called label, and {which}; name it with label= (--label).")
    return None


def _find_group(others: Mapping[str, Sequence[Any]]) -> str | None:
    found = _roles.by_name(list(others), _roles.GROUP_NAMES)
    return found if found and _roles.is_group_like(others[found]) else None


def _split_column(plain: Mapping[str, Sequence[Any]], named: set[str]) -> str | None:
    found = _roles.by_name([name for name in plain if name not in named], _roles.SPLIT_NAMES)
    return found if found and _roles.split_parts(plain[found]) else None


def _is_object(value: Any) -> bool:
    return is_image_object(value) or is_sound_object(value)


def _looks_like_paths(values: Sequence[Any]) -> bool:
    seen = _roles.sample(values)
    hits = sum(isinstance(value, str | PurePath) and PurePath(value).suffix.lower() in FILES for value in seen)
    return bool(seen) and hits > len(seen) / 2


def _resolve(values: Sequence[Any], base: Path | None) -> list[str]:
    """Paths as they are found beside the table, then in the current folder; backslashes count as slashes there."""
    roots = [os.fspath(root) for root in (base, Path.cwd()) if root is not None]
    found = []
    for value in values:
        given = os.fspath(value) if value else ""
        tries = [os.path.join(root, form) for form in (given, given.replace("\\", "/")) for root in roots]  # noqa: PTH118
        found.append(next(filter(os.path.exists, tries), tries[0]) if given else "")
    return found


def _items(columns: Columns, source: str) -> _Items:
    values = columns.values[source]
    where = f"column '{source}' of {columns.where}"
    if isinstance(values, pa.ChunkedArray):
        return _Items("audio" if holds_sounds(values) else "image", values, columns.ids, {})
    if any(map(_is_object, _roles.sample(values))):
        items, unreadable = from_objects(values)
        return _Items("audio" if holds_sounds(items) else "image", items, columns.ids, unreadable)
    if _looks_like_paths(values):
        web = [value for value in _roles.sample(values) if str(value).startswith(("http://", "https://"))]
        if web:
            raise UserError(
                f"{where[0].upper()}{where[1:]} holds web addresses such as {web[0]}; download the files first, "
                f"and name the files there."
            )
        resolved = _resolve(values, columns.base)
        items = image_items((path or None, None) for path in resolved)
        return _Items("audio" if holds_sounds(items) else "image", items, _path_ids(values, columns.ids), {})
    if not any(isinstance(value, str) for value in values):
        raise UserError(
            f"{where[0].upper()}{where[1:]} holds neither texts nor images nor sounds; name another input column."
        )
    return _Items("text", text_items(None if value is None else str(value) for value in values), columns.ids, {})


def _path_ids(values: Sequence[Any], rows: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    ids = []
    for value, row in zip(values, rows, strict=True):
        name = str(value) if value else row
        ids.append(f"{name} ({row})" if name in seen else name)
        seen.add(name)
    return ids


def _notes(roles: Roles, group: str | None, source: str, texts: Sequence[str]) -> list[Issue]:
    notes = []
    if group and not roles.group:
        sentence = f"Rows with equal '{group}' are kept together in every split, because of that column's name."
        notes.append(Issue(code="group_found", severity="note", message=sentence))
    if texts and not roles.input:
        others = ", ".join(f"'{name}'" for name in texts)
        sentence = f"Column '{source}' is read as the input; {others} could be too: name one to change that."
        notes.append(Issue(code="input_found", severity="note", message=sentence))
    return notes
