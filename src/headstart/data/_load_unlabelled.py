"""Any source of items to a checked `Unlabelled`: read no labels, scan, tie copies, name every problem."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from headstart.core.data_kind import Roles
from headstart.core.dataset import Issue, ReadBy, Unlabelled
from headstart.core.progress import Progress, Silent
from headstart.core.words import counted
from headstart.data import _audit
from headstart.data._check import grouped, odd, tied, usable
from headstart.data._load import table_of
from headstart.data._rows import training_rows
from headstart.data._sources import read_like


def load_unlabelled(
    source: Any,
    *,
    input: str | None = None,
    group: str | None = None,
    like: ReadBy | None = None,
    progress: Progress | None = None,
) -> Unlabelled:
    """Read and check images, texts or sounds without labels.

    Args:
        source: a folder of files, in whatever folders they lie; or a table (CSV, TSV, JSON Lines, Parquet), a pandas
            DataFrame, or a Hugging Face ``Dataset``. Labels that it may have are not read.
        input: column with the texts, images or sounds; found when not named.
        group: column whose equal values tie items together; found by usual names only.
        like: labelled data by whose columns a table is read where none are named here.
        progress: told about the reading of images and sounds.

    Raises:
        UserError: nothing can be read, or too much cannot be used; all problems at once.
    """
    raw = read_like(source, Roles(input=input, group=group, labelled=False), like)
    labels = [""] * len(raw.ids)
    rows, findings, issues = usable(training_rows(raw, labels), progress or Silent())
    ties = tied(rows, findings)
    issues += odd(rows, findings, [""] * len(rows))
    if rows.modality == "text":
        issues += _audit.long_texts(rows.ids, [len(text.as_py()) for text in rows.items])
    groups = grouped(rows, ties)
    issues += _copies(len(rows), len(np.unique(groups)))
    digests = [finding.digest for finding in findings]
    return Unlabelled(
        name=raw.name,
        modality=rows.modality,
        table=table_of(rows, digests, [finding.seconds for finding in findings], {}),
        groups=groups,
        fingerprint=hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest(),
        issues=_audit.ordered([*raw.issues, *issues]),
        roles=raw.roles,
    )


def _copies(items: int, independent: int) -> list[Issue]:
    if independent == items:
        return []
    sentence = (
        f"{counted(items - independent, 'item')} are copies of others, or nearly, or in one group: they count once."
    )
    return [Issue(code="copies", severity="note", message=sentence, count=items - independent)]
