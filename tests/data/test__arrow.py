import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from headstart.data._arrow import (
    IMAGE,
    from_arrow,
    from_objects,
    image_items,
    is_image_object,
    is_image_type,
    text_items,
)

HUGGING_FACE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def test_texts_keep_nulls_and_lose_lone_surrogates():
    assert text_items(["a", None, "b\ud800"]).to_pylist() == ["a", None, "b?"]


def test_images_have_one_type():
    assert image_items([("a.png", None), (None, b"x")]).to_pylist() == [
        {"path": "a.png", "bytes": None},
        {"path": None, "bytes": b"x"},
    ]


@pytest.mark.parametrize(
    ("kind", "is_image"),
    [
        (pa.binary(), True),
        (pa.large_binary(), True),
        (HUGGING_FACE, True),
        (pa.struct([("a", pa.binary())]), False),
        (pa.string(), False),
    ],
)
def test_types_of_images(kind: pa.DataType, is_image: bool):
    assert is_image_type(kind) is is_image


@pytest.mark.parametrize(
    "column",
    [
        pa.chunked_array([pa.array([b"x", None], type=pa.binary())]),
        pa.chunked_array([pa.array([{"bytes": b"x", "path": None}, {"bytes": None, "path": None}], type=HUGGING_FACE)]),
    ],
)
def test_arrow_columns_get_our_type(column: pa.ChunkedArray):
    converted = from_arrow(column)
    assert converted.type == IMAGE
    assert [row["bytes"] for row in converted.to_pylist()] == [b"x", None]
    assert from_arrow(converted).equals(converted)


def test_a_slice_of_a_column_keeps_its_rows():
    column = image_items([("a", None), ("b", None), ("c", None)]).slice(1, 2)
    assert [row["path"] for row in from_arrow(column).to_pylist()] == ["b", "c"]


def test_a_null_image_stays_null():
    column = from_arrow(pa.chunked_array([pa.array([None, {"bytes": b"x", "path": "p"}], type=HUGGING_FACE)]))
    assert column.to_pylist()[1] == {"path": "p", "bytes": b"x"}
    assert column.to_pylist()[0] in (None, {"path": None, "bytes": None})


def test_objects_are_encoded_or_named():
    items, unreadable = from_objects([Image.new("L", (2, 2)), np.zeros((2, 2)), b"x", {"path": "p"}, None, "text"[:0]])
    rows = items.to_pylist()
    assert [bool(row["bytes"]) for row in rows] == [True, True, True, False, False, False]
    assert rows[3]["path"] == "p"
    assert list(unreadable) == [5]


@pytest.mark.parametrize(
    ("value", "is_image"),
    [(b"x", True), ({"bytes": b"x"}, True), ({}, False), ({"a": 1}, False), (np.zeros(2), True), ("a.png", False)],
)
def test_objects_that_are_images(value: object, is_image: bool):
    assert is_image_object(value) is is_image
