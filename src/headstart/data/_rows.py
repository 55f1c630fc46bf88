"""Rows of all sources in one place, with class names and the user's split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from headstart.core.data_kind import RawTable
from headstart.core.dataset import NOUNS, Issue, Modality
from headstart.core.errors import UserError
from headstart.core.words import counted
from headstart.data._domains import domain_names
from headstart.data._issues import issue
from headstart.data._labels import class_names

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Rows:
    """N rows. ``labels`` are class names, None where empty; ``group_keys`` are None where a row has no group, and
    ``domains`` are names, None where a row has none.
    """

    modality: Modality
    ids: Sequence[str]
    items: pa.ChunkedArray
    labels: Sequence[str | None]
    group_keys: Sequence[Any] | None
    is_test: NDArray[np.bool_]
    unreadable: Mapping[int, str]
    domains: Sequence[str | None] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, mask: NDArray[np.bool_]) -> Rows:
        """The rows where ``mask (N,)`` holds. What could not be read is known by then, and forgotten here."""
        rows = np.flatnonzero(mask).tolist()
        return Rows(
            modality=self.modality,
            ids=[self.ids[row] for row in rows],
            items=self.items.filter(pa.array(mask)),
            labels=[self.labels[row] for row in rows],
            group_keys=None if self.group_keys is None else [self.group_keys[row] for row in rows],
            is_test=self.is_test[mask],
            unreadable={},
            domains=None if self.domains is None else [self.domains[row] for row in rows],
        )


def training_rows(raw: RawTable, labels: Sequence[str | None]) -> Rows:
    """All rows of one source, none of which is for testing, with ``labels (N,)``."""
    return Rows(
        modality=raw.modality,
        ids=raw.ids,
        items=raw.items,
        labels=labels,
        group_keys=raw.groups,
        is_test=np.zeros(len(raw.ids), dtype=bool),
        unreadable=raw.unreadable,
    )


def gather(data: RawTable, test: RawTable | None) -> tuple[Rows, list[Issue]]:
    """``data`` and the separate ``test`` source below one another, with notes on what was decided.

    Validation rows train: choices are made by cross-validation here. A test split without any label cannot be scored
    and is left out.

    Raises:
        UserError: two test splits, two modalities, or labels that are no classes; all problems at once.
    """
    notes: list[Issue] = [*data.issues, *(test.issues if test else ())]
    problems: list[str] = []
    names = _names(data, problems)
    parts = np.asarray(data.parts, dtype=object)
    in_test = parts == "test"
    if test is not None:
        problems += _clash(data, test, int(in_test.sum()))
    if in_test.any() and not problems and all(names[row] is None for row in np.flatnonzero(in_test)):
        sentence = f"The test split has no labels; its {counted(int(in_test.sum()), 'item')} were left out."
        notes.append(issue("unlabelled_test", "warning", sentence, _pick(data.ids, in_test)))
        data, names, parts = _without(data, names, in_test)
        in_test = parts == "test"
    merged = parts == "validation"
    if merged.any():
        sentence = (
            f"{counted(int(merged.sum()), 'validation item')} joined the training items: "
            f"models and strategies are chosen by cross-validation here."
        )
        notes.append(Issue(code="validation_merged", severity="note", message=sentence, count=int(merged.sum())))
    test_names = _names(test, problems) if test is not None else []
    if problems:
        raise UserError(*problems)
    rows = Rows(
        modality=data.modality,
        ids=data.ids,
        items=data.items,
        labels=names,
        group_keys=data.groups,
        is_test=in_test,
        unreadable=data.unreadable,
        domains=None if data.domains is None else domain_names(data.domains),
    )
    return (rows if test is None else _below(rows, test, test_names)), notes


def _names(source: RawTable, problems: list[str]) -> list[str | None]:
    where = f"column '{source.roles['label']}'" if "label" in source.roles else f"'{source.name}'"
    try:
        return class_names(source.labels, where)
    except UserError as error:
        problems += error.problems
        return []


def _clash(data: RawTable, test: RawTable, own_test: int) -> list[str]:
    problems = []
    if own_test:
        problems.append(
            f"'{data.name}' has a test split of its own ({counted(own_test, 'item')}) and test= gives another; "
            f"leave test= out or remove that split."
        )
    if data.modality != test.modality:
        problems.append(
            f"The data hold {NOUNS[data.modality]}s and the test set {NOUNS[test.modality]}s; give two of one kind."
        )
    return problems


def _below(rows: Rows, test: RawTable, names: Sequence[str | None]) -> Rows:
    # A test source may itself be split: then its test rows count, and all of its rows otherwise.
    parts = np.asarray(test.parts, dtype=object)
    if (parts == "test").any():
        test, names, parts = _without(test, names, parts != "test")
    taken = set(rows.ids)
    ids = [f"test/{name}" for name in test.ids] if taken & set(test.ids) else list(test.ids)
    keys = domains = None
    if rows.group_keys is not None or test.groups is not None:
        keys = [*(rows.group_keys or [None] * len(rows)), *(test.groups or [None] * len(ids))]
    if rows.domains is not None:
        domains = [*rows.domains, *domain_names(test.domains or [None] * len(ids))]
    return Rows(
        modality=rows.modality,
        ids=[*rows.ids, *ids],
        items=pa.chunked_array([*rows.items.chunks, *test.items.chunks], type=rows.items.type),
        labels=[*rows.labels, *names],
        group_keys=keys,
        is_test=np.concatenate([rows.is_test, np.ones(len(ids), dtype=bool)]),
        unreadable={**rows.unreadable, **{len(rows) + row: reason for row, reason in test.unreadable.items()}},
        domains=domains,
    )


def _without(
    table: RawTable, names: Sequence[str | None], gone: NDArray[np.bool_]
) -> tuple[RawTable, list[str | None], NDArray[np.object_]]:
    rows = np.flatnonzero(~gone).tolist()
    position = {row: number for number, row in enumerate(rows)}
    kept = RawTable(
        name=table.name,
        modality=table.modality,
        ids=[table.ids[row] for row in rows],
        items=table.items.filter(pa.array(~gone)),
        labels=[table.labels[row] for row in rows],
        groups=None if table.groups is None else [table.groups[row] for row in rows],
        parts=[table.parts[row] for row in rows],
        roles=table.roles,
        issues=table.issues,
        unreadable={position[row]: reason for row, reason in table.unreadable.items() if row in position},
        domains=None if table.domains is None else [table.domains[row] for row in rows],
    )
    return kept, [names[row] for row in rows], np.asarray(kept.parts, dtype=object)


def _pick(ids: Sequence[str], mask: NDArray[np.bool_]) -> list[str]:
    return [ids[row] for row in np.flatnonzero(mask).tolist()]
