"""Which items of one loaded source are copies of items of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from headstart.core.dataset import Dataset, Modality, Unlabelled
from headstart.core.progress import Silent
from headstart.data._arrow import TEXT, from_arrow
from headstart.data._check import scanned, tied
from headstart.data._rows import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray


def copies(data: Dataset | Unlabelled, rows: NDArray[np.int64], other: Dataset | Unlabelled) -> NDArray[np.bool_]:
    """Mask ``(R,)`` of those of ``rows (R,)`` of ``data`` of which ``other``, of the same modality, holds a copy.

    Copies are what they are within one source: equal bytes, equal pixels or samples, or nearly the same. What cannot be
    read any more is none.
    """
    if not len(rows) or not len(other):
        return np.zeros(len(rows), dtype=bool)
    parts = [_items(data, rows), _items(other, np.arange(len(other)))]
    items = pa.chunked_array([chunk for part in parts for chunk in part.chunks], type=parts[0].type)
    both = _rows(data.modality, items)
    findings = scanned(both, Silent())
    readable = np.array([finding.problem is None for finding in findings], dtype=bool)
    ties = tied(both.keep(readable), [finding for finding in findings if finding.problem is None])
    groups = np.full(len(both), -1, dtype=np.int64)
    groups[readable] = ties.near
    here, there = groups[: len(rows)], groups[len(rows) :]
    return (here >= 0) & np.isin(here, there)


def _items(data: Dataset | Unlabelled, rows: NDArray[np.int64]) -> pa.ChunkedArray:
    column = data.table.select_columns("item").with_format("arrow")[rows.tolist()]["item"]
    return column.cast(TEXT) if data.modality == "text" else from_arrow(column)


def _rows(modality: Modality, items: pa.ChunkedArray) -> Rows:
    return Rows(
        modality=modality,
        ids=[str(number) for number in range(len(items))],
        items=items,
        labels=[""] * len(items),
        group_keys=None,
        is_test=np.zeros(len(items), dtype=bool),
        unreadable={},
    )
