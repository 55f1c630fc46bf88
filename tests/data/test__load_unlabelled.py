from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from headstart.core.errors import UserError
from headstart.data._load import load
from headstart.data._load_unlabelled import load_unlabelled

RANDOM = np.random.default_rng(0)


def picture(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def sentences(count: int) -> list[str]:
    return [f"the {'thing' if n % 2 else 'case'} number {n} is not like any other {n * n}" for n in range(count)]


def test_a_folder_of_files_wherever_they_lie(tmp_path: Path):
    for number, place in enumerate(["a.png", "deep/er/b.png", "cats/c.png", "test/d.png"]):
        picture(tmp_path / place, number)
    (tmp_path / "notes.md").write_text("beside")
    found = load_unlabelled(tmp_path)
    assert found.ids == ("a.png", "cats/c.png", "deep/er/b.png", "test/d.png")
    assert found.modality == "image"
    assert set(found.table.column_names) == {"id", "item", "digest"}
    assert len(np.unique(found.groups)) == len(found) == 4
    assert any("beside the items left out" in issue.message for issue in found.issues)


def test_a_table_with_labels_gives_none_of_them(tmp_path: Path):
    texts = sentences(12)
    plain = table(tmp_path / "plain.csv", [{"text": text} for text in texts])
    labelled = table(tmp_path / "labelled.csv", [{"text": t, "label": "ab"[n % 2]} for n, t in enumerate(texts)])
    first, second = load_unlabelled(plain), load_unlabelled(labelled)
    assert first.fingerprint == second.fingerprint
    assert "target" not in second.table.column_names
    assert second.roles == {"input": "text"}


def test_a_frame_and_a_column_by_name():
    frame = pd.DataFrame({"said": sentences(8), "other words here": sentences(8)[::-1]})
    found = load_unlabelled(frame, input="said")
    assert found.table["item"][0] == sentences(8)[0]
    with pytest.raises(UserError, match=r"has no column 'sad' to use as input\. Did you mean 'said'"):
        load_unlabelled(frame, input="sad")


def test_a_table_is_read_by_the_columns_of_the_labelled_data_and_a_folder_has_none(tmp_path: Path):
    rows = [{"said": text, "other": text[::-1] * 2, "kind": "ab"[n % 2]} for n, text in enumerate(sentences(12))]
    data = replace(load(table(tmp_path / "data.csv", rows), input="said", label="kind"), named={"input": "said"})
    there = table(tmp_path / "there.csv", [{"said": text, "other": text[::-1] * 2} for text in sentences(8)])
    assert load_unlabelled(there).roles == {"input": "other"}  # the longest texts
    assert load_unlabelled(there, like=data).roles == {"input": "said"}
    assert load_unlabelled(there, like=data, input="other").roles == {"input": "other"}
    (tmp_path / "files").mkdir()
    for number, text in enumerate(sentences(3)):
        (tmp_path / "files" / f"{number}.txt").write_text(text)
    assert len(load_unlabelled(tmp_path / "files", like=data)) == 3
    with pytest.raises(UserError, match="is a folder of files and has no column 'said'"):
        load_unlabelled(tmp_path / "files", like=data, input="said")


def test_copies_and_groups_count_once(tmp_path: Path):
    texts = [*sentences(10), sentences(10)[0]]
    rows = [{"text": text, "patient": f"{min(n, 8)}"} for n, text in enumerate(texts)]
    found = load_unlabelled(table(tmp_path / "rows.csv", rows), group="patient")
    assert len(found) == 11
    assert len(np.unique(found.groups)) == 8  # nine patients, two of whom share a text
    (told,) = [issue for issue in found.issues if issue.code == "copies"]
    assert told.message == "3 items are copies of others, or nearly, or in one group: they count once."


def test_what_cannot_be_read_is_named_and_left_out(tmp_path: Path):
    for number in range(9):
        picture(tmp_path / f"{number}.png", number)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    found = load_unlabelled(tmp_path)
    assert len(found) == 9
    assert any("'broken.png'" in issue.message and issue.code == "unreadable" for issue in found.issues)


def test_too_much_that_cannot_be_read_is_refused(tmp_path: Path):
    picture(tmp_path / "0.png", 0)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match="1 item of 2 could not be read"):
        load_unlabelled(tmp_path)


def test_a_folder_without_items(tmp_path: Path):
    (tmp_path / "table.csv").write_text("text\nhello there\n")
    with pytest.raises(UserError, match=r"holds no images, sounds or \.txt files; there is a table: give that instead"):
        load_unlabelled(tmp_path)
    (tmp_path / "table.csv").unlink()
    with pytest.raises(UserError, match=r"holds no images, sounds or \.txt files\.$"):
        load_unlabelled(tmp_path)


def test_no_column_to_read(tmp_path: Path):
    rows = table(tmp_path / "rows.csv", [{"a": "1", "b": "2"}] * 4)
    with pytest.raises(UserError, match="has no column of paths of images or sounds, or of free text"):
        load_unlabelled(rows)
