"""A table in a file: CSV, TSV, Parquet, JSON Lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet

from headstart.core.data_kind import DataKind, RawTable, Roles
from headstart.core.errors import UserError
from headstart.data._columns import Columns, to_rows
from headstart.data._formats import TABLES
from headstart.data._hf import columns_of
from headstart.data._tables import first_line, read_delimited, read_json

READERS = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".jsonl": read_json,
    ".ndjson": read_json,
    ".json": read_json,
}
PARQUET = (".parquet", ".pq")


class Table(DataKind):
    """One item per row: a text, an encoded image, or a path to an image relative to the table's folder."""

    columnar: ClassVar[bool] = True

    def accepts(self, source: Any) -> bool:
        """A path to a file with one of the endings above."""
        if not isinstance(source, str | Path) or not Path(source).is_file():
            return False
        return Path(source).suffix.lower() in TABLES

    def read(self, source: Any, roles: Roles) -> RawTable:
        """See `DataKind.read`; rows are counted from 1, below the header."""
        path = Path(source)
        values = _parquet(path) if path.suffix.lower() in PARQUET else READERS[path.suffix.lower()](path)
        length = len(next(iter(values.values()), ()))
        delimited = READERS.get(path.suffix.lower()) is read_delimited
        columns = Columns(
            name=path.stem,
            where=f"'{path}'",
            values=values,
            ids=[f"row {number}" for number in range(1, length + 1)],
            base=path.absolute().parent,
            issues=tuple(first_line(path, values)) if delimited else (),
        )
        return to_rows(columns, roles)


def _parquet(path: Path) -> dict[str, Any]:
    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"'{path}' is not a readable Parquet file: {error}.") from error
    return columns_of(table, first=1)
