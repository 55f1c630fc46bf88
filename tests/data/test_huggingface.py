from pathlib import Path

import datasets
import pytest

from headstart.core.data_kind import Roles
from headstart.core.errors import UserError
from headstart.data.huggingface import HuggingFace

FEATURES = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})


def texts(n: int, start: int = 0) -> datasets.Dataset:
    rows = {"text": [f"text number {start + k}" for k in range(n)], "label": [k % 2 for k in range(n)]}
    return datasets.Dataset.from_dict(rows, features=FEATURES)


def test_class_names_replace_numbers_and_minus_one_is_no_label():
    rows = HuggingFace().read(
        datasets.Dataset.from_dict({"text": ["a b", "c d", "e f"], "label": [1, 0, -1]}, features=FEATURES), Roles()
    )
    assert list(rows.labels) == ["pos", "neg", None]
    assert list(rows.ids) == ["row 0", "row 1", "row 2"]


def test_views_keep_their_order():
    rows = HuggingFace().read(texts(6).select([4, 1]), Roles())
    assert rows.items.to_pylist() == ["text number 4", "text number 1"]


@pytest.mark.parametrize("decode", [True, False])
def test_images_stay_encoded(tmp_path: Path, picture, decode: bool):
    picture(1).save(tmp_path / "a.png")
    features = datasets.Features({"image": datasets.Image(decode=decode), "label": datasets.Value("string")})
    raw = (tmp_path / "a.png").read_bytes()
    values = [{"path": str(tmp_path / "a.png"), "bytes": None}, {"path": None, "bytes": raw}]
    data = datasets.Dataset.from_dict({"image": values, "label": ["x", "y"]}, features=features)
    rows = HuggingFace().read(data, Roles())
    assert rows.modality == "image"
    assert rows.items.to_pylist() == values


def test_splits_are_kept_by_name():
    data = datasets.DatasetDict(train=texts(4), validation=texts(2, 4), test=texts(2, 6), unsupervised=texts(9, 8))
    rows = HuggingFace().read(data, Roles())
    assert list(rows.parts) == ["train"] * 4 + ["validation"] * 2 + ["test"] * 2
    assert rows.ids[3:5] == ["train/row 3", "validation/row 0"]
    assert [(found.code, found.items) for found in rows.issues] == [("ignored", ("unsupervised",))]


def test_a_split_without_the_label_column_has_no_labels():
    data = datasets.DatasetDict(train=texts(2), test=texts(2, 2).remove_columns("label"))
    assert list(HuggingFace().read(data, Roles()).labels) == ["neg", "pos", None, None]


def test_a_single_split_of_any_name_trains():
    rows = HuggingFace().read(datasets.DatasetDict(everything=texts(4)), Roles())
    assert list(rows.parts) == ["train"] * 4


def test_splits_without_train_are_a_question():
    with pytest.raises(UserError, match="has the splits 'a' and 'test', but none called train; rename one"):
        HuggingFace().read(datasets.DatasetDict(a=texts(2), test=texts(2)), Roles())


def test_saved_data_sets(tmp_path: Path):
    datasets.DatasetDict(train=texts(4), test=texts(2, 4)).save_to_disk(tmp_path / "both")
    texts(4).save_to_disk(tmp_path / "one")
    for name, n in (("both", 6), ("one", 4)):
        assert HuggingFace().accepts(str(tmp_path / name))
        rows = HuggingFace().read(tmp_path / name, Roles())
        assert (rows.name, len(rows.ids)) == (name, n)
    (tmp_path / "one" / "dataset_info.json").unlink()
    with pytest.raises(UserError, match="one' is not a readable saved data set"):
        HuggingFace().read(tmp_path / "one", Roles())


def test_images_saved_in_parquet_keep_their_classes(tmp_path: Path, picture):
    from headstart.data.table import Table

    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    data = datasets.Dataset.from_dict({"image": [picture(1), picture(2)], "label": [1, 0]}, features=features)
    data.to_parquet(tmp_path / "t.parquet")
    rows = Table().read(tmp_path / "t.parquet", Roles())
    assert rows.modality == "image"
    assert list(rows.labels) == ["dog", "cat"]


def test_accepts_data_sets_only(tmp_path: Path):
    assert HuggingFace().accepts(texts(2))
    assert HuggingFace().accepts(datasets.DatasetDict())
    assert not HuggingFace().accepts(tmp_path)
    assert not HuggingFace().accepts([1])
