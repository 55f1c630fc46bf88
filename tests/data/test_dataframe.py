import pandas as pd
import pytest

from headstart.core.data_kind import Roles
from headstart.core.errors import UserError
from headstart.data.dataframe import DataFrame


def test_missing_values_become_none_and_the_index_names_the_rows():
    frame = pd.DataFrame({"text": ["a good day", None, "a bad day"], "label": [1, float("nan"), 0]}, index=[7, 8, 9])
    rows = DataFrame().read(frame, Roles())
    assert list(rows.ids) == ["row 7", "row 8", "row 9"]
    assert rows.items.to_pylist() == ["a good day", None, "a bad day"]
    assert list(rows.labels) == [1.0, None, 0.0]


def test_an_index_with_repeats_is_not_used():
    frame = pd.DataFrame({"text": ["a b", "c d"], "label": [0, 1]}, index=[1, 1])
    assert list(DataFrame().read(frame, Roles()).ids) == ["row 0", "row 1"]


def test_pictures_arrays_and_categories(picture):
    frame = pd.DataFrame({"image": [picture(1), picture(2)], "label": pd.Categorical(["x", "y"])})
    rows = DataFrame().read(frame, Roles())
    assert rows.modality == "image"
    assert list(rows.labels) == ["x", "y"]


def test_columns_of_one_name_are_refused():
    frame = pd.DataFrame([["a b", 1, 2]], columns=["text", "label", "label"])
    with pytest.raises(UserError, match="has more than one column called 'label'; rename one"):
        DataFrame().read(frame, Roles())


def test_accepts_frames_only():
    assert DataFrame().accepts(pd.DataFrame())
    assert not DataFrame().accepts({"text": []})
