import numpy as np
import pytest

from headstart.core.data_kind import RawTable
from headstart.core.errors import UserError
from headstart.data._arrow import image_items, text_items
from headstart.data._rows import gather


def raw(labels: list, parts: list | None = None, name: str = "data", **fields) -> RawTable:
    n = len(labels)
    standard = {
        "modality": "text",
        "ids": [f"row {number}" for number in range(n)],
        "items": text_items(f"text {number}" for number in range(n)),
        "groups": None,
        "roles": {"label": "y"},
    }
    return RawTable(name=name, labels=labels, parts=parts or ["train"] * n, **{**standard, **fields})


def test_validation_rows_train_and_are_mentioned():
    rows, notes = gather(raw(["a", "b", "a"], ["train", "validation", "test"]), None)
    assert rows.is_test.tolist() == [False, False, True]
    assert [(found.code, found.count) for found in notes] == [("validation_merged", 1)]
    assert "1 validation item joined the training items" in notes[0].message


def test_a_separate_test_source_comes_below():
    test = raw([1.0, 0.0], groups=["p", None], unreadable={1: "broken"})
    rows, notes = gather(raw([1, 0, 1], unreadable={0: "gone"}), test)
    assert rows.labels == ["1", "0", "1", "1", "0"]
    assert rows.is_test.tolist() == [False] * 3 + [True] * 2
    assert rows.ids == ["row 0", "row 1", "row 2", "test/row 0", "test/row 1"]
    assert rows.group_keys == [None, None, None, "p", None]
    assert rows.unreadable == {0: "gone", 4: "broken"}
    assert rows.items.to_pylist()[3:] == ["text 0", "text 1"]
    assert notes == []


def test_ids_that_do_not_clash_stay():
    rows, _ = gather(raw(["a", "b"]), raw(["a"], ids=["other"]))
    assert rows.ids == ["row 0", "row 1", "other"]


def test_only_the_test_split_of_a_test_source_counts():
    rows, _ = gather(
        raw(["a", "b"]), raw(["a", "b", "b"], ["train", "train", "test"], unreadable={2: "broken", 0: "x"})
    )
    assert rows.ids == ["row 0", "row 1", "row 2"]
    assert rows.labels == ["a", "b", "b"]
    assert rows.unreadable == {2: "broken"}


def test_a_test_split_without_labels_is_left_out():
    rows, notes = gather(raw(["a", None, "b", None], ["train", "test", "train", "test"]), None)
    assert (rows.ids, rows.is_test.any()) == (["row 0", "row 2"], False)
    assert [(found.code, found.items) for found in notes] == [("unlabelled_test", ("row 1", "row 3"))]


def test_all_clashes_are_named_at_once():
    data = raw(["a", 1], ["train", "test"])
    test = raw(["a"], modality="image", items=image_items([("a.png", None)]), name="other")
    with pytest.raises(UserError) as caught:
        gather(data, test)
    assert list(caught.value.problems) == [
        "The labels in column 'y' mix number (1) and text ('a'); write all of them as one kind.",
        "'data' has a test split of its own (1 item) and test= gives another; leave test= out or remove that split.",
        "The data hold texts and the test set images; give two of one kind.",
    ]


def test_labels_of_a_source_without_columns_are_named_after_it():
    with pytest.raises(UserError, match="The labels in 'photos' mix"):
        gather(raw(["a", 1], name="photos", roles={}), None)


def test_keep_filters_every_field():
    rows, _ = gather(raw(["a", "b", "c"], groups=[1, 2, None], unreadable={0: "x"}), None)
    kept = rows.keep(np.array([False, True, True]))
    assert (kept.ids, kept.labels, kept.group_keys) == (["row 1", "row 2"], ["b", "c"], [2, None])
    assert kept.items.to_pylist() == ["text 1", "text 2"]
    assert kept.unreadable == {}
    assert len(kept) == 2
