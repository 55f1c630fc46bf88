"""Files of rows to Python columns; CSV, TSV and JSON as UTF-8 only, Parquet through Arrow."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headstart.core.dataset import Issue
from headstart.core.errors import UnreadableItem, UserError
from headstart.data._file import read_bytes
from headstart.data._formats import FILES
from headstart.data._text import decode_text

DELIMITERS = ",;\t|"


def read_delimited(path: Path) -> dict[str, list[Any]]:
    """Columns of a CSV or TSV file with a header; every value is text, empty ones are None.

    Nothing is taken for a missing value but emptiness: "NA" and "null" may well be classes.

    Raises:
        UserError: not UTF-8, no header, or a row with another number of values than the header.
    """
    text = _text(path)
    csv.field_size_limit(2**31 - 1)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        _check_header(path, header)
        columns: dict[str, list[Any]] = {name: [] for name in header}
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise UserError(
                    f"'{path}' has {len(row)} values in the row that ends at line {reader.line_num}, expected "
                    f"{len(header)} as in its header; quote values that contain '{delimiter}'."
                )
            for name, value in zip(header, row, strict=True):
                columns[name].append(value if value.strip() else None)
    except csv.Error as error:
        raise UserError(f"'{path}' is not a proper table at line {reader.line_num}: {error}.") from error
    return columns


def first_line(path: Path, columns: Mapping[str, Sequence[Any]]) -> list[Issue]:
    """A warning where the first line of a delimited table looks like one of its rows: a name is also a value below."""
    same = [name for name, values in columns.items() if name in values]
    if not same:
        return []
    sentence = (
        f"The first line of '{path}' was taken for its header, and looks like an item: its '{same[0]}' is also a value "
        f"below it. If it is one, put a line with the columns' names in front of it."
    )
    return [Issue(code="no_header", severity="warning", message=sentence)]


def read_json(path: Path) -> dict[str, list[Any]]:
    """Columns of a file with one JSON object per line, or with one JSON array of objects; absent keys are None.

    Raises:
        UserError: not UTF-8, not JSON, or not objects.
    """
    text = _text(path)
    numbered = [(1, text)] if text.lstrip().startswith("[") else list(enumerate(text.split("\n"), start=1))
    records: list[Any] = []
    for line, content in numbered:
        if not content.strip():
            continue
        try:
            value = json.loads(content)
        except json.JSONDecodeError as error:
            raise UserError(f"'{path}' is not JSON at line {line + error.lineno - 1}: {error.msg}.") from error
        records += value if isinstance(value, list) else [value]
    wrong = next((record for record in records if not isinstance(record, dict)), None)
    if wrong is not None:
        raise UserError(f"'{path}' holds {json.dumps(wrong)[:40]}, expected objects such as {{\"text\": ..., ...}}.")
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


def _text(path: Path) -> str:
    try:
        return decode_text(read_bytes(path), str(path))
    except UnreadableItem as error:
        raise UserError(str(error)) from error


def _delimiter(text: str) -> str:
    """The separator in the header, outside quotes; a header of one column has none, and any will do."""
    end = text.find("\n")
    header = text if end < 0 else text[:end]
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _check_header(path: Path, header: list[str]) -> None:
    if not any(name.strip() for name in header):
        raise UserError(f"'{path}' has no header; expected the names of the columns in its first line.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UserError(f"'{path}' has more than one column called '{twice[0]}'; rename one.")
    files = [name for name in header if Path(name.split(" ")[0]).suffix.lower() in FILES]
    if files:
        raise UserError(
            f"'{path}' begins with '{files[0].split(' ')[0]}', which looks like an item, not like a column's name; "
            f"put a header such as path,label into its first line, with commas between the columns."
        )
