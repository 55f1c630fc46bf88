"""What every kind of source must do, run over every member of ``data/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pandas as pd
import pytest

from headstart.catalog import data_kinds
from headstart.core.data_kind import Roles
from headstart.core.errors import UserError
from headstart.data._sources import KINDS

TEXTS = [f"text number {number} of a few" for number in range(6)]
LABELS = ["a", "b"] * 3


def sources(folder: Path) -> dict[str, Any]:
    """The same six labelled texts as every kind."""
    frame = pd.DataFrame({"text": TEXTS, "label": LABELS})
    frame.to_csv(folder / "t.csv", index=False)
    for number, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True)):
        (folder / "tree" / label).mkdir(parents=True, exist_ok=True)
        (folder / "tree" / label / f"{number}.txt").write_text(text)
    data = datasets.Dataset.from_dict({"text": TEXTS, "label": LABELS})
    return {"dataframe": frame, "table": folder / "t.csv", "folder": folder / "tree", "huggingface": data}


@pytest.fixture(params=data_kinds.names())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_the_catalogue_and_the_loader_know_the_same_members():
    assert data_kinds == KINDS


def test_reads_the_same_rows(name: str, tmp_path: Path):
    rows = data_kinds.get(name)().read(sources(tmp_path)[name], Roles())
    assert rows.modality == "text"
    assert sorted(zip(rows.items.to_pylist(), rows.labels, strict=True)) == sorted(zip(TEXTS, LABELS, strict=True))
    assert len(set(rows.ids)) == len(rows.parts) == 6
    assert set(rows.parts) == {"train"}


def test_accepts_its_own_kind_only(name: str, tmp_path: Path):
    kind = data_kinds.get(name)()
    assert [other for other, source in sources(tmp_path).items() if kind.accepts(source)] == [name]
    for stranger in (None, 3, [1], "no such file", tmp_path / "none"):
        assert not kind.accepts(stranger)


def test_roles_are_refused_where_they_cannot_be_met(name: str, tmp_path: Path):
    with pytest.raises(UserError, match="has no column 'nonsense'"):
        data_kinds.get(name)().read(sources(tmp_path)[name], Roles(label="nonsense"))
