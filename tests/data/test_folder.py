import os
from pathlib import Path

import pytest
from PIL import Image

from headstart.core.data_kind import RawTable, Roles
from headstart.core.errors import UserError
from headstart.data.folder import Folder
from tests import sounds


def read(root: Path) -> RawTable:
    return Folder().read(root, Roles())


def messages(rows: RawTable) -> dict[str, str]:
    return {found.code: found.message for found in rows.issues}


def test_class_folders(photos):
    rows = read(photos({"dog": 1, "cat": 2}))
    assert (rows.name, rows.modality, dict(rows.roles), rows.issues) == ("photos", "image", {}, ())
    assert list(rows.ids) == ["cat/0.png", "cat/1.png", "dog/0.png"]
    assert list(rows.labels) == ["cat", "cat", "dog"]
    assert all(Path(row["path"]).is_absolute() for row in rows.items.to_pylist())


def test_split_folders_on_top(photos):
    rows = read(photos({"Train/a": 2, "Train/b": 1, "valid/a": 1, "test/b": 1}))
    assert list(zip(rows.ids, rows.labels, rows.parts, strict=True)) == [
        ("Train/a/0.png", "a", "train"),
        ("Train/a/1.png", "a", "train"),
        ("Train/b/0.png", "b", "train"),
        ("test/b/0.png", "b", "test"),
        ("valid/a/0.png", "a", "validation"),
    ]


def test_a_class_may_be_called_train(photos):
    rows = read(photos({"train": 2, "test": 2, "plane": 2}))
    assert sorted(set(rows.labels)) == ["plane", "test", "train"]
    assert set(rows.parts) == {"train"}


def test_folders_below_a_class_belong_to_it(photos):
    rows = read(photos({"cat/indoors/sofa": 1, "cat": 1, "dog": 1}))
    assert list(zip(rows.ids, rows.labels, strict=True))[:2] == [
        ("cat/0.png", "cat"),
        ("cat/indoors/sofa/0.png", "cat"),
    ]


def test_texts_in_class_folders(tmp_path: Path):
    for name, raw in (("good/1.txt", "schön".encode()), ("good/2.txt", b"\xe9"), ("bad/1.txt", b"awful")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(raw)
    rows = read(tmp_path)
    assert rows.modality == "text"
    assert rows.items.to_pylist() == ["awful", "schön", None]
    assert "it is not UTF-8 (byte 0xe9 at offset 0, line 1)" in rows.unreadable[2]


def test_what_lies_beside_is_noted(photos):
    root = photos({"cat": 1, "dog": 1})
    for name in ("readme.md", "cat/notes.txt", ".DS_Store", "cat/Thumbs.db"):
        (root / name).touch()
    (root / "empty").mkdir()
    rows = read(root)
    assert messages(rows) == {
        "empty_folder": "1 folder without any item: no class for 'empty'.",
        "ignored": "2 files or folders beside the items left out.",
        "hidden": "2 hidden or system files left out.",
    }
    assert next(found.items for found in rows.issues if found.code == "ignored") == ("cat/notes.txt", "readme.md")


def test_other_folders_beside_splits_are_noted(photos):
    rows = read(photos({"train/a": 1, "train/b": 1, "masks/a": 1}))
    assert "masks" in next(found.items for found in rows.issues if found.code == "ignored")
    assert len(rows.ids) == 2


def test_links_in_circles_are_noted_and_left(photos):
    root = photos({"cat": 1, "dog": 1})
    (root / "loop").symlink_to(root)
    (root / "cat" / "loop").symlink_to(root / "cat")
    rows = read(root)
    assert list(rows.ids) == ["cat/0.png", "dog/0.png"]
    assert messages(rows)["symlink_loop"] == "2 links to a folder above or already read: not followed."


def test_linked_class_folders_are_followed(photos, tmp_path: Path):
    elsewhere = photos({"cat": 2, "dog": 1}, name="elsewhere")
    (tmp_path / "root").mkdir()
    for label in ("cat", "dog"):
        (tmp_path / "root" / label).symlink_to(elsewhere / label)
    assert list(read(tmp_path / "root").ids) == ["cat/0.png", "cat/1.png", "dog/0.png"]


def test_a_name_that_is_no_unicode_is_quarantined(photos, picture):
    root = photos({"cat": 1, "dog": 1})
    picture(9).save(root / "cat" / os.fsdecode(b"caf\xe9.png"))
    rows = read(root)
    number = list(rows.ids).index("cat/caf\ufffd.png")
    assert rows.unreadable == {number: "its name is not valid Unicode (rename it)"}
    assert rows.items.to_pylist()[number] == {"path": None, "bytes": None}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda root, picture: None, "' is empty; expected one folder per class"),
        (lambda root, picture: picture(1).save(root / "a.png"), "holds 1 item but no class folders; put the items"),
        (
            lambda root, picture: [(root / name).touch() for name in ("recipe.toml", "results.json", "report.html")],
            "holds a run and no data. Give the data, or the recipe of that run ('",
        ),
        (lambda root, picture: (root / "labels.csv").touch(), "holds no class folders, but a table: give that instead"),
        (lambda root, picture: (root / "cat").mkdir(), "holds no images, sounds or .txt files in class folders"),
    ],
)
def test_nothing_to_learn_from(tmp_path: Path, picture, make, said: str):
    make(tmp_path, picture)
    with pytest.raises(UserError) as caught:
        read(tmp_path)
    assert said in str(caught.value)


def test_one_class_folder_suggests_what_was_meant(photos):
    root = photos({"images": 2})
    (root / "labels.csv").touch()
    with pytest.raises(UserError, match=r"one class folder only \('images'\); did you mean '.*labels\.csv'\?"):
        read(root)
    with pytest.raises(UserError, match=r"one class folder only \('data'\); did you mean '.*data'\?"):
        read(photos({"data/cat": 1, "data/dog": 1}, name="outer"))
    assert set(read(photos({"only": 2}, name="alone")).labels) == {"only"}


def test_a_folder_has_no_columns(photos):
    with pytest.raises(UserError, match="is a folder of files and has no column 'species'; labels are the names"):
        Folder().read(photos({"cat": 1, "dog": 1}), Roles(label="species"))


def test_accepts_folders_but_no_saved_data_sets(tmp_path: Path):
    assert Folder().accepts(tmp_path)
    assert Folder().accepts(str(tmp_path))
    assert not Folder().accepts(tmp_path / "none")
    (tmp_path / "state.json").touch()
    assert not Folder().accepts(tmp_path)


def test_covers_beside_sounds_are_no_pictures_to_learn_from(tmp_path: Path):
    for label in ("rock", "jazz"):
        for number in range(3):
            sounds.write(tmp_path / label / f"{number}.wav", sounds.glide(label == "rock", number))
        Image.new("RGB", (8, 8)).save(tmp_path / label / "cover.png")
    table = Folder().read(tmp_path, Roles())
    assert (table.modality, len(table.ids)) == ("audio", 6)
    (left,) = (issue for issue in table.issues if issue.code == "ignored")
    assert left.items == ("jazz/cover.png", "rock/cover.png")


def test_folders_of_domains_hold_class_folders(photos):
    root = photos({"north/cat": 2, "north/dog": 1, "south/cat": 1, "south/dog/small": 1})
    rows = Folder().read(root, Roles(domain="folders"))
    assert list(zip(rows.labels, rows.domains, strict=True)) == [
        ("cat", "north"), ("cat", "north"), ("dog", "north"), ("cat", "south"), ("dog", "south"),
    ]  # fmt: skip
    assert rows.issues == ()


def test_folders_that_look_like_domains_are_a_warning(photos):
    rows = read(photos({"north/cat": 2, "north/dog": 1, "south/cat": 1, "south/dog": 1}))
    assert set(rows.labels) == {"north", "south"}
    assert messages(rows)["like_domains"] == (
        "The folders 'north' and 'south' are taken for classes, and all of them hold the folders 'cat' and 'dog': if "
        "these are the classes and those domains, say --domain folders (domain=)."
    )


def test_classes_with_folders_of_their_own_are_none(photos):
    assert read(photos({"cat/a": 1, "cat/b": 1, "dog/a": 1, "dog/c": 1})).issues == ()


def test_a_folder_of_classes_has_no_domains(photos):
    root = photos({"cat": 2, "dog": 2})
    with pytest.raises(UserError) as caught:
        Folder().read(root, Roles(domain="folders"))
    assert str(caught.value) == (
        f"The folder '{root}' holds no folders of classes in folders of domains, which --domain folders (domain=) "
        "asks for: expected items in DOMAIN/CLASS."
    )


def test_a_folder_has_no_column_of_domains(photos):
    with pytest.raises(
        UserError, match=r"has no column 'site'; .* that hold the class folders, the domain is 'folders'"
    ):
        Folder().read(photos({"cat": 2, "dog": 2}), Roles(domain="site"))


def test_split_folders_are_no_domains(photos):
    root = photos({"train/north/cat": 1, "train/south/cat": 1, "test/north/cat": 1})
    with pytest.raises(UserError) as caught:
        Folder().read(root, Roles(domain="folders"))
    assert str(caught.value) == (
        f"'{root}' holds split folders, and --domain folders (domain=) expects items in DOMAIN/CLASS: give the "
        "training folder, and the other with --test (test=)."
    )
