"""A few labelled items of another domain to a checked `Dataset`: they are judged by, and nothing is learnt from them.

What training items must have is therefore not asked of these: a class may have one item or none, and all may be of one
class.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from headstart.core.data_kind import Roles
from headstart.core.dataset import Dataset, ReadBy, Split
from headstart.core.progress import Progress, Silent
from headstart.data import _audit
from headstart.data._check import Checked, grouped, odd, tied, usable
from headstart.data._labels import class_names, sorted_classes
from headstart.data._load import fingerprint_of, label_place, table_of
from headstart.data._rows import Rows, training_rows
from headstart.data._sources import read_like


def load_few(
    source: Any,
    *,
    input: str | None = None,
    label: str | None = None,
    group: str | None = None,
    like: ReadBy | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Read and check labelled images, texts or sounds, all of which are kept that can be read.

    Args:
        source: what `headstart.data._load.load` takes. Splits that it may have are not told apart.
        input: column with the texts, images or sounds; found when not named.
        label: column with the classes; found when not named.
        group: column whose equal values tie items together; found by usual names only.
        like: labelled data by whose columns a table is read where none are named here.
        progress: told about the reading of images and sounds.

    Raises:
        UserError: nothing can be read, or too much cannot be used; all problems at once.
    """
    raw = read_like(source, Roles(input=input, label=label, group=group), like)
    labels = class_names(raw.labels, label_place(raw))
    checked = _checked(training_rows(raw, labels), progress or Silent())
    classes = sorted_classes(checked.labels)
    number = {name: position for position, name in enumerate(classes)}
    targets = pa.array([number[name] for name in checked.labels], type=pa.int64())
    rows = np.arange(len(checked.rows))
    return Dataset(
        name=raw.name,
        modality=raw.modality,
        table=table_of(checked.rows, checked.digests, checked.seconds, {"target": targets}),
        classes=classes,
        groups=checked.groups,
        split=Split(train=rows, test=rows[:0], origin="none"),
        fingerprint=fingerprint_of(checked),
        issues=_audit.ordered([*raw.issues, *checked.issues]),
        roles={role: column for role, column in raw.roles.items() if role != "split"},
    )


def _checked(rows: Rows, progress: Progress) -> Checked:
    """What is left of ``rows``, and every issue found.

    Raises:
        UserError: too much cannot be used.
    """
    rows, findings, issues = usable(rows, progress)
    labels = [label for label in rows.labels if label is not None]
    ties = tied(rows, findings)
    _audit.refuse_contradicted(rows.ids, labels, ties)
    return Checked(
        rows=rows,
        labels=labels,
        digests=[finding.digest for finding in findings],
        seconds=[finding.seconds for finding in findings],
        groups=grouped(rows, ties),
        issues=[*issues, *odd(rows, findings, labels), *_audit.duplicates(rows.ids, labels, ties)],
    )
