from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headstart.core.errors import UserError
from headstart.data._load import load
from headstart.data._load_few import load_few
from tests.data.test__load_unlabelled import picture, sentences


def frame(labels: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"text": sentences(len(labels)), "label": labels})


@pytest.mark.parametrize(
    "labels",
    [
        [f"class {n}" for n in range(12)] + [f"class {n}" for n in range(8)],  # four classes of one item
        [f"class {n}" for n in range(22)] + ["class 0"] * 3,  # almost as many classes as items
        ["only"] * 20,
    ],
)
def test_no_item_is_lost_for_the_sake_of_learning(labels: list[str]):
    found = load_few(frame(labels))
    assert len(found) == len(labels)
    assert [found.classes[target] for target in found.targets] == labels
    assert len(found.split.test) == 0
    assert not found.issues


def test_a_table_is_read_by_the_columns_of_the_labelled_data_and_a_folder_has_none(tmp_path: Path):
    texts = sentences(12)
    rows = pd.DataFrame({"said": texts, "other": [2 * text for text in texts], "kind": list("ab") * 6})
    data = load(rows, input="said", label="kind")
    assert load_few(rows).roles == {"input": "other", "label": "kind"}
    assert load_few(rows, like=data).roles == {"input": "said", "label": "kind"}
    assert load_few(rows, like=data, input="other").roles == {"input": "other", "label": "kind"}
    for number, text in enumerate(sentences(3)):
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "a" / f"{number}.txt").write_text(text)
    assert load_few(tmp_path, like=data).classes == ("a",)
    with pytest.raises(UserError, match="is a folder of files and has no column 'kind'"):
        load_few(tmp_path, like=data, label="kind")


def test_splits_are_not_told_apart_and_groups_and_copies_are_tied():
    rows = frame(list("aabbab")).assign(
        split=["train", "train", "test", "test", "test", "train"], patient=list("xxyzzw")
    )
    rows.loc[5, "text"] = rows.loc[2, "text"]
    found = load_few(rows, group="patient")
    assert len(found) == 6
    assert found.groups.tolist() == [0, 0, 1, 2, 2, 1]
    assert [issue.code for issue in found.issues] == ["exact_duplicates"]
    inherited = load_few(rows, like=replace(load(frame(["a", "b"] * 4)), named={"group": "patient"}))
    np.testing.assert_array_equal(inherited.groups, found.groups)


def test_what_cannot_be_read_is_named_and_left_out(tmp_path: Path):
    for number in range(9):
        picture(tmp_path / "ab"[number % 2] / f"{number}.png", number)
    (tmp_path / "a" / "broken.png").write_bytes(b"no picture")
    found = load_few(tmp_path)
    assert len(found) == 9
    assert any("'a/broken.png'" in issue.message and issue.code == "unreadable" for issue in found.issues)
    for number in range(2, 9):
        (tmp_path / "ab"[number % 2] / f"{number}.png").write_bytes(bytes([number]))
    with pytest.raises(UserError, match="8 items of 10 could not be read"):
        load_few(tmp_path)


def test_identical_items_of_many_labels_are_refused():
    rows = frame(["a", "b", "c", "d"])
    rows["text"] = "the same words for each of them"
    with pytest.raises(UserError, match=r"4 of 4 items are identical to one with another label"):
        load_few(rows)
