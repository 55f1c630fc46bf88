from pathlib import Path

import numpy as np
import pytest

from headstart.core.data_kind import RawTable, Roles
from headstart.core.errors import UserError
from headstart.data._arrow import image_items
from headstart.data._columns import Columns, to_rows

TEXTS = ["a good day out", "a bad day in", "a fine film", "a poor show"]


def read(values: dict, base: Path | None = None, **roles: str) -> RawTable:
    length = len(next(iter(values.values()), []))
    ids = [f"row {number}" for number in range(length)]
    return to_rows(Columns(name="t", where="'t.csv'", values=values, ids=ids, base=base), Roles(**roles))


def test_text_and_label_are_found():
    rows = read({"id": ["x1", "x2", "x3", "x4"], "text": TEXTS, "label": ["p", "n", "p", "n"]})
    assert (rows.modality, dict(rows.roles)) == ("text", {"input": "text", "label": "label"})
    assert rows.items.to_pylist() == TEXTS
    assert list(rows.parts) == ["train"] * 4
    assert rows.issues == ()


def test_names_override_what_would_be_found():
    values = {"text": TEXTS, "label": ["p", "n", "p", "n"], "title": ["t u", "v w", "x y", "z z"], "kind": [1, 2, 1, 2]}
    rows = read(values, input="title", label="kind")
    assert dict(rows.roles) == {"input": "title", "label": "kind"}
    assert list(rows.labels) == [1, 2, 1, 2]


def test_single_words_can_be_the_input():
    assert read({"name": ["Smith", "Rossi", "Dubois"], "label": ["en", "it", "fr"]}).roles["input"] == "name"


def test_a_label_of_another_name_is_found_by_its_values():
    rows = read({"text": [*TEXTS, *TEXTS, *TEXTS], "mood": ["p", "n"] * 6})
    assert rows.roles["label"] == "mood"


def test_a_column_that_is_known_for_a_group_is_no_possible_label():
    rows = read({"text": [f"{text} {n}" for n in range(20) for text in TEXTS[:3]], "mood": ["p", "n"] * 30,
                 "Speaker": [f"s{n % 10}" for n in range(60)]})  # fmt: skip
    assert (rows.roles["label"], rows.roles["group"]) == ("mood", "Speaker")


def test_several_possible_labels_are_a_question():
    with pytest.raises(UserError) as caught:
        read({"text": [*TEXTS] * 5, "mood": ["p", "n"] * 10, "tone": ["x", "y"] * 10})
    assert str(caught.value) == (
        "'t.csv' has no column called label, and several could be (mood, tone); name it with label= (--label)."
    )
    with pytest.raises(UserError, match=r"none looks like one \(text\)"):
        read({"text": TEXTS})


def test_all_missing_columns_are_named_at_once():
    with pytest.raises(UserError) as caught:
        read({"text": TEXTS, "label": [0, 1, 0, 1]}, input="txt", label="labl", group="who")
    assert list(caught.value.problems) == [
        "'t.csv' has no column 'txt' to use as input. Did you mean 'text'?",
        "'t.csv' has no column 'labl' to use as label. Did you mean 'label'?",
        "'t.csv' has no column 'who' to use as group. Known: label, text.",
    ]


def test_one_column_cannot_be_both():
    with pytest.raises(UserError, match="Column 'text' is named both as input and as label; name two"):
        read({"text": TEXTS, "label": [0, 1, 0, 1]}, input="text", label="text")


def test_the_group_is_a_column_of_its_own():
    values = {"text": TEXTS, "label": ["p", "n", "p", "n"]}
    for named, group in (({"label": "label"}, "label"), ({"input": "text"}, "text")):
        (role,) = named
        with pytest.raises(UserError, match=f"Column '{group}' is named both as {role} and as group; name two"):
            read(values, group=group, **named)
    said = (
        "Column '{}' is named as group, so it was not taken for the input or the label; "
        "name another group if it is one of them, or name all three."
    )
    for group, lacking in (
        ("label", "no column called label"),
        ("text", "no column of paths of images or sounds, or of free text"),
    ):
        with pytest.raises(UserError) as caught:
            read(values, group=group)
        assert lacking in caught.value.problems[0]
        assert caught.value.problems[1:] == (said.format(group),)
    more = {name: [*column] * 5 for name, column in values.items()} | {"kind": ["x", "y"] * 10}
    with pytest.raises(UserError) as caught:  # 'kind' would be taken for the label
        read(more, group="label")
    assert caught.value.problems == (said.format("label"),)
    assert read(more, group="label", label="kind", input="text").roles["group"] == "label"


def test_an_image_column_cannot_be_the_label():
    with pytest.raises(UserError, match=r"Column 'image' of 't\.csv' holds files and cannot be the label"):
        read({"image": image_items([(None, b"x")] * 4), "text": TEXTS}, label="image")


def test_no_rows_and_no_columns():
    for values in ({}, {"text": [], "label": []}):
        with pytest.raises(UserError, match=r"'t.csv' has no rows; expected a header and one item per row"):
            read(values)


def test_paths_are_found_beside_the_table_then_in_the_current_folder(
    tmp_path: Path, picture, monkeypatch: pytest.MonkeyPatch
):
    beside, current = tmp_path / "beside", tmp_path / "current"
    for folder, name in ((beside, "a.png"), (current, "b.png"), (beside / "sub", "c.png")):
        folder.mkdir(exist_ok=True)
        picture(1).save(folder / name)
    monkeypatch.chdir(current)
    paths = ["a.png", "b.png", "sub\\c.png", "gone.png", "a.png", None]
    rows = read({"file": paths, "label": [0, 1] * 3}, base=beside)
    found = [row["path"] for row in rows.items.to_pylist()]
    expected = [beside / "a.png", current / "b.png", beside / "sub/c.png", beside / "gone.png", beside / "a.png"]
    assert found == [*map(str, expected), None]
    assert rows.ids == ["a.png", "b.png", "sub\\c.png", "gone.png", "a.png (row 4)", "row 5"]
    assert rows.modality == "image"


def test_paths_of_which_none_exists_are_an_error(tmp_path: Path):
    with pytest.raises(UserError, match=r"names files such as 'x\.jpg', but none of them exists beside the table"):
        read({"file": ["x.jpg", "y.jpg"], "label": [0, 1]}, base=tmp_path)


def test_web_addresses_are_refused():
    with pytest.raises(UserError, match=r"Column 'url' of 't\.csv' holds web addresses such as https://a\.b/c\.jpg"):
        read({"url": ["https://a.b/c.jpg"] * 2, "label": [0, 1]}, input="url")


def test_texts_that_repeat_are_counted():
    with pytest.raises(UserError, match=r"Columns: text, label\. Column 'text' holds 1 different text in 6 rows\.$"):
        read({"text": ["same"] * 6, "label": [0, 1] * 3})
    with pytest.raises(
        UserError, match=r"Columns: text, kind, label\. Column 'text' holds 1 different text in 3 rows\."
    ):
        read({"text": ["same", None] * 3, "kind": list("abcdef"), "label": [0, 1] * 3}, group="kind")


def test_images_in_memory(picture):
    objects = [picture(1), np.asarray(picture(2)), {"path": None, "bytes": b"x"}, None, np.zeros((2, 2, 2))]
    rows = read({"image": objects, "label": [0, 1, 0, 1, 0]})
    stored = [row["bytes"] for row in rows.items.to_pylist()]
    assert [raw[:4] if raw else raw for raw in stored] == [b"\x89PNG", b"\x89PNG", b"x", None, None]
    assert rows.unreadable == {4: "its shape is (2, 2, 2), expected (H, W) or (H, W, 1, 3 or 4)"}


def test_numbers_are_no_input():
    with pytest.raises(UserError, match=r"Column 'n' of 't\.csv' holds neither texts nor images nor sounds"):
        read({"n": [1, 2], "label": ["a", "b"]}, input="n")
    with pytest.raises(
        UserError,
        match=r"has no column of paths of images or sounds, or of free text, to read; name one with",
    ):
        read({"n": [1, 2], "label": ["a", "b"]})


def test_other_texts_and_a_found_group_are_mentioned():
    people = [f"p{number // 2}" for number in range(40)]
    values = {"title": ["short title"] * 40, "body": ["the longer text of them"] * 40, "label": [0, 1] * 20}
    rows = read({**values, "patient_id": people})
    assert [found.code for found in rows.issues] == ["group_found", "input_found"]
    assert "'patient_id'" in rows.issues[0].message
    assert "'title'" in rows.issues[1].message
    assert list(rows.groups or ()) == people
    assert [found.code for found in read({**values, "who": people}, group="who").issues] == ["input_found"]


def test_a_split_column_is_honoured():
    rows = read({"text": TEXTS, "label": [0, 1, 0, 1], "split": ["train", "train", "val", "test"]})
    assert list(rows.parts) == ["train", "train", "validation", "test"]
    assert rows.roles["split"] == "split"
    assert "split" not in read({"text": TEXTS, "label": [0, 1, 0, 1], "split": list("abcd")}).roles


def test_a_column_of_domains_is_named_and_nothing_else():
    values = {"text": TEXTS, "label": ["p", "n", "p", "n"], "shop": ["x", "x", "y", "y"]}
    rows = read(values, domain="shop")
    assert list(rows.domains) == ["x", "x", "y", "y"]
    assert rows.roles["domain"] == "shop"
    assert read(values).domains is None
    with pytest.raises(UserError, match=r"has no column .shp. to use as domain\. Did you mean .shop."):
        read(values, domain="shp")
    with pytest.raises(
        UserError, match=r"as domain\. 'folders' is for folders of domains that hold class folders; of a"
    ):
        read(values, domain="folders")
    with pytest.raises(UserError, match="Column 'label' is named both as label and as domain"):
        read(values, label="label", domain="label")


def test_a_label_is_not_taken_for_the_domain_without_a_word():
    values = {"text": TEXTS * 3, "label": ["p", "n", "p", "n"] * 3, "shop": ["x", "x", "y", "y"] * 3}
    with pytest.raises(UserError) as caught:
        read(values, domain="label")
    assert str(caught.value) == (
        "Column 'label' is named as domain, so it was not taken for the input or the label; name another domain if it "
        "is one of them, or name all three."
    )
    assert read(values, domain="label", label="shop").roles["domain"] == "label"
