"""Any source of labelled items to a checked `Dataset`: read, scan, tie copies, split, name every problem."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from headstart.core.data_kind import RawTable, Roles
from headstart.core.dataset import Dataset, Issue, Split, clusters_of
from headstart.core.progress import Progress, Silent
from headstart.data._audit import ordered, untested
from headstart.data._check import Checked, Places, check
from headstart.data._domains import unknown_in_test
from headstart.data._labels import sorted_classes
from headstart.data._rows import Rows, gather
from headstart.data._sources import inherited, kind_of
from headstart.data._split import made

if TYPE_CHECKING:
    import datasets
    from numpy.typing import NDArray


def load(
    source: Any,
    *,
    input: str | None = None,
    label: str | None = None,
    group: str | None = None,
    domain: str | None = None,
    test: Any = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Dataset:
    """Read, check and split labelled images, texts or sounds.

    Args:
        source: a folder of class folders, a table (CSV, TSV, JSON Lines, Parquet), a pandas DataFrame, or a Hugging
            Face ``Dataset`` or ``DatasetDict``.
        input: column with the texts, images or sounds (paths, encoded or decoded); found when not named.
        label: column with the classes; found when not named.
        group: column whose equal values never straddle a split or a fold; found by usual names only.
        domain: column with the domain that an item is of; of a folder ``folders``, where its folders are domains and
            hold the class folders. Left out: there is one.
        test: a second source, of any kind, with the user's own test items.
        seed: draws the split, where one is made; see `headstart.data._split` for when.
        progress: told about the reading of images and sounds.

    Raises:
        UserError: the data cannot be learnt from. Problems found by one check come together.
    """
    raw, raw_test = _read(source, test, Roles(input=input, label=label, group=group, domain=domain))
    rows, notes = gather(raw, raw_test)
    places = Places(labels=label_place(raw), domains=domain_place(raw))
    checked = check(rows, places=places, group_named=group is not None, progress=progress or Silent())
    classes = sorted_classes(checked.labels)
    number = {name: position for position, name in enumerate(classes)}
    targets = np.asarray([number[label] for label in checked.labels], dtype=np.int64)
    domains, kinds = _domains(checked.rows.domains)
    if raw_test is not None:
        notes = [*notes, *unknown_in_test(checked.rows.domains, checked.rows.is_test, raw_test.name)]
    split, found = _split(checked, targets, clusters_of(domains, checked.groups), seed, separate=raw_test is not None)
    uses_groups = checked.rows.group_keys is not None
    return Dataset(
        name=raw.name,
        modality=rows.modality,
        table=table_of(checked.rows, checked.digests, checked.seconds, {"target": pa.array(targets)}),
        classes=classes,
        groups=checked.groups,
        split=split,
        fingerprint=fingerprint_of(checked),
        issues=ordered([*notes, *checked.issues, *found, *untested(classes, targets[split.test])]),
        roles={role: column for role, column in raw.roles.items() if role != "group" or uses_groups},
        domains=domains,
        domain_names=kinds,
    )


def _read(source: Any, test: Any, roles: Roles) -> tuple[RawTable, RawTable | None]:
    kind = kind_of(source)
    test_kind = None if test is None else kind_of(test)
    if not kind.columnar and test_kind is not None and test_kind.columnar:
        # Named columns can only be the test table's.
        return kind.read(source, Roles(domain=roles.domain)), test_kind.read(test, replace(roles, domain=None))
    raw = kind.read(source, roles)
    if test_kind is None:
        return raw, None
    if not kind.columnar and not test_kind.columnar:
        return raw, test_kind.read(test, Roles(domain=roles.domain))
    named = {role: name for role, name in (("group", roles.group), ("domain", roles.domain)) if name}
    return raw, test_kind.read(test, inherited(test_kind, raw.roles, named))


def domain_place(raw: RawTable) -> str:
    """What messages call the place of the domains."""
    return f"column '{raw.roles['domain']}'" if "domain" in raw.roles else f"'{raw.name}'"


def label_place(raw: RawTable) -> str:
    """What messages call the place of the labels."""
    return f"column '{raw.roles['label']}'" if "label" in raw.roles else f"'{raw.name}'"


def _domains(names: Sequence[str | None] | None) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """Numbers ``(N,)`` of the domains, -1 where there is none, and what they are called."""
    if names is None:
        return None, ()
    kinds = sorted_classes(name for name in names if name is not None)
    number = {name: position for position, name in enumerate(kinds)}
    return np.asarray([-1 if name is None else number[name] for name in names], dtype=np.int64), kinds


def _split(
    checked: Checked, targets: NDArray[np.int64], clusters: NDArray[np.int64], seed: int, *, separate: bool
) -> tuple[Split, list[Issue]]:
    is_test, origin, notes = checked.rows.is_test, "given", []
    if not is_test.any():
        noun = "group" if checked.rows.domains is None else "domain"
        is_test, notes = made(targets, clusters, checked.digests, seed, noun)
        origin = "made" if is_test.any() else "none"
    separate = separate and origin == "given"
    return Split(train=np.flatnonzero(~is_test), test=np.flatnonzero(is_test), origin=origin, separate=separate), notes


def table_of(
    rows: Rows, digests: Sequence[str], seconds: Sequence[float], others: Mapping[str, pa.Array]
) -> datasets.Dataset:
    """The table of N usable rows, as `Dataset` describes it, with the columns ``others`` besides."""
    import datasets
    from datasets.table import InMemoryTable

    columns = {
        "id": pa.array(rows.ids, type=pa.string()),
        "item": rows.items,
        **others,
        "digest": pa.array(digests, type=pa.string()),
    }
    if rows.modality == "audio":
        columns["seconds"] = pa.array(seconds, type=pa.float64())
    return datasets.Dataset(InMemoryTable(pa.table(columns)))


def fingerprint_of(checked: Checked) -> str:
    """SHA-256 over the sorted (digest, label, split) of all items: neither row order nor file names matter, and a
    split made here, which follows from the items and the seed, does not either.
    """
    parts = np.where(checked.rows.is_test, "test", "train").tolist()
    lines = sorted(map("\t".join, zip(checked.digests, checked.labels, parts, strict=True)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
