"""A pandas DataFrame."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.data_kind import DataKind, RawTable, Roles
from headstart.core.errors import UserError
from headstart.data._columns import Columns, to_rows


class DataFrame(DataKind):
    """One item per row: a text, a path, bytes, a PIL image or an array."""

    columnar: ClassVar[bool] = True

    def accepts(self, source: Any) -> bool:
        """A ``pandas.DataFrame`` (pandas is not imported to find out: who holds one has imported it)."""
        pandas = sys.modules.get("pandas")
        return pandas is not None and isinstance(source, pandas.DataFrame)

    def read(self, source: Any, roles: Roles) -> RawTable:
        """See `DataKind.read`; rows go by the frame's own index where that is unique."""
        names = [str(name) for name in source.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UserError(f"The DataFrame has more than one column called '{twice[0]}'; rename one.")
        index = source.index.tolist() if source.index.is_unique else range(len(source))
        columns = Columns(
            name="dataframe",
            where="The DataFrame",
            values={name: _values(source.iloc[:, position]) for position, name in enumerate(names)},
            ids=[f"row {label}" for label in index],
            base=Path.cwd(),
        )
        return to_rows(columns, roles)


def _values(series: Any) -> list[Any]:
    present = series.notna()
    return [value if there else None for value, there in zip(series.tolist(), present, strict=True)]
