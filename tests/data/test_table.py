import json
from pathlib import Path

import pandas as pd
import pytest

from headstart.core.data_kind import Roles
from headstart.core.errors import UserError
from headstart.data._formats import TABLES
from headstart.data.table import PARQUET, READERS, Table

ROWS = {"text": ["a good day", "a bad day"], "label": ["p", "n"]}


def test_every_ending_of_a_table_has_its_reader():
    assert {*READERS, *PARQUET} == TABLES


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.ndjson", "t.json", "t.parquet", "T.CSV"])
def test_every_format_reads_alike(tmp_path: Path, name: str):
    path, frame = tmp_path / name, pd.DataFrame(ROWS)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix in (".csv", ".tsv"):
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    else:
        frame.to_json(path, orient="records", lines=suffix != ".json")
    assert Table().accepts(path)
    rows = Table().read(str(path), Roles())
    assert rows.name == path.stem
    assert rows.items.to_pylist() == ROWS["text"]
    assert list(rows.labels) == ROWS["label"]
    assert list(rows.ids) == ["row 1", "row 2"]


def test_image_paths_start_at_the_table(tmp_path: Path, picture):
    (tmp_path / "img").mkdir()
    picture(1).save(tmp_path / "img" / "a.png")
    (tmp_path / "t.csv").write_text("file,label\nimg/a.png,x\nimg/b.png,y\n")
    rows = Table().read(tmp_path / "t.csv", Roles())
    assert rows.modality == "image"
    assert [row["path"] for row in rows.items.to_pylist()] == [str(tmp_path / "img" / n) for n in ("a.png", "b.png")]
    assert list(rows.ids) == ["img/a.png", "img/b.png"]


def test_a_damaged_parquet_file_is_named(tmp_path: Path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(UserError, match=r"t\.parquet' is not a readable Parquet file"):
        Table().read(tmp_path / "t.parquet", Roles())


def test_accepts_by_ending(tmp_path: Path):
    (tmp_path / "t.xlsx").touch()
    assert not Table().accepts(tmp_path / "t.xlsx")
    assert not Table().accepts(tmp_path / "none.csv")
    assert not Table().accepts(3)


def test_a_first_line_that_looks_like_an_item_is_warned_of(tmp_path: Path):
    rows = [f"this is text {number},{'good' if number % 2 else 'bad'}" for number in range(12)]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(rows))
    found = Table().read(table, Roles())
    assert [(each.code, each.severity) for each in found.issues] == [("no_header", "warning")]
    assert found.issues[0].message == (
        f"The first line of '{table}' was taken for its header, and looks like an item: its 'bad' is also a value "
        "below it. If it is one, put a line with the columns' names in front of it."
    )
    table.write_text("\n".join(["text,label", *rows]))
    assert not Table().read(table, Roles()).issues
    lines = tmp_path / "t.jsonl"
    records = [{"text": f"this is {number}", "bad": ("bad", "good")[number % 2]} for number in range(12)]
    lines.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    assert not Table().read(lines, Roles()).issues
