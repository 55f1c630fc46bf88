"""A Hugging Face ``Dataset`` or ``DatasetDict``, in memory or saved with ``save_to_disk``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa

from headstart.core.data_kind import DataKind, Part, RawTable, Roles
from headstart.core.dataset import Issue
from headstart.core.errors import UserError
from headstart.data._columns import Columns, to_rows
from headstart.data._hf import columns_of
from headstart.data._issues import examples, issue
from headstart.data._roles import PARTS

if TYPE_CHECKING:
    import datasets


class HuggingFace(DataKind):
    """Rows of a data set; the splits of a ``DatasetDict`` are kept by their names."""

    columnar: ClassVar[bool] = True

    def accepts(self, source: Any) -> bool:
        """A ``datasets.Dataset`` or ``DatasetDict``, or the folder ``save_to_disk`` wrote."""
        if isinstance(source, str | Path):
            return any((Path(source) / name).is_file() for name in ("state.json", "dataset_dict.json"))
        library = sys.modules.get("datasets")
        return library is not None and isinstance(source, library.Dataset | library.DatasetDict)

    def read(self, source: Any, roles: Roles) -> RawTable:
        """See `DataKind.read`; rows are counted from 0, as the library does, with the split's name in front."""
        import datasets

        name = "dataset"
        if isinstance(source, str | Path):
            name, source = Path(source).resolve().name, _from_disk(Path(source))
        if isinstance(source, datasets.Dataset):
            ids = [f"row {number}" for number in range(len(source))]
            values = _columns(source)
            return to_rows(Columns(name=name, where="The data set", values=values, ids=ids, base=Path.cwd()), roles)
        parts, notes = _parts(source)
        row_parts: list[Part] = [part for split, part in parts.items() for _ in range(len(source[split]))]
        columns = Columns(
            name=name,
            where="The data set",
            values=_stacked([_columns(source[split]) for split in parts], [len(source[split]) for split in parts]),
            ids=[f"{split}/row {number}" for split in parts for number in range(len(source[split]))],
            base=Path.cwd(),
            parts=row_parts,
            issues=notes,
        )
        return to_rows(columns, roles)


def _from_disk(folder: Path) -> Any:
    import datasets

    try:
        return datasets.load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise UserError(f"'{folder}' is not a readable saved data set: {error}.") from error


def _columns(data: datasets.Dataset) -> dict[str, Any]:
    # In the Arrow format a view's rows come in the view's order, and encoded images undecoded.
    return columns_of(data.with_format("arrow")[:], first=0)


def _stacked(tables: Sequence[Mapping[str, Any]], lengths: Sequence[int]) -> dict[str, Any]:
    """Tables below one another; a column that one of them lacks is None there."""
    stacked: dict[str, Any] = {}
    for name in dict.fromkeys(name for table in tables for name in table):
        columns = [table.get(name, [None] * length) for table, length in zip(tables, lengths, strict=True)]
        arrow = [column for column in columns if isinstance(column, pa.ChunkedArray)]
        if len(arrow) == len(columns):
            stacked[name] = pa.chunked_array([chunk for column in arrow for chunk in column.chunks])
        else:
            stacked[name] = [value for column in columns for value in _python(column)]
    return stacked


def _python(column: Any) -> list[Any]:
    return column.to_pylist() if isinstance(column, pa.ChunkedArray) else column


def _parts(splits: Mapping[str, Any]) -> tuple[dict[str, Part], tuple[Issue, ...]]:
    """The splits that are used, with their parts; a single split of any name is training data."""
    known: dict[str, Part] = {split: PARTS[split.lower()] for split in splits if split.lower() in PARTS}
    if "train" not in known.values():
        if len(splits) != 1:
            raise UserError(
                f"The DatasetDict has the splits {examples(splits, most=8)}, but none called train; "
                f"rename one, or pass one of them as the data and another as test=."
            )
        known = dict.fromkeys(splits, "train")
    left = [split for split in splits if split not in known]
    sentence = f"Splits of a name that is neither train, validation nor test left out: {examples(left)}."
    return known, (issue("ignored", "note", sentence, left),) if left else ()
