import time

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from headstart.data._arrow import (
    IMAGE,
    from_arrow,
    from_objects,
    holds_sounds,
    image_items,
    is_image_object,
    is_image_type,
    text_items,
)
from headstart.data._clip import read_clip

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


def wave(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=4000).astype(np.float32) * 0.1


def test_equal_sounds_have_equal_bytes_whenever_they_are_stored():
    first, _ = from_objects([(wave(0), 8000)])
    time.sleep(1.1)  # a header that held the time would count seconds
    second, _ = from_objects([{"array": wave(0), "sampling_rate": 8000}])
    assert first[0].as_py() == second[0].as_py()
    assert np.array_equal(read_clip(first[0].as_py()["bytes"]).samples, wave(0))


def test_samples_that_are_none_leave_their_row_empty_and_say_why():
    items, unreadable = from_objects([(wave(0), 8000), (wave(1)[:0], 8000)])
    assert items[1].as_py() is None or items[1].as_py() == {"path": None, "bytes": None}
    assert unreadable == {1: "it holds no sound (0 samples)"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("a.wav", None), ("b.flac", None)], True),
        ([("a.png", None), ("b.jpg", None)], False),
        ([("a.m4a", None), ("b.wav", None), ("c.wav", None)], True),
        ([(None, b"damaged"), (None, b"RIFFxxxxWAVE"), (None, b"OggS....")], True),
        ([("a.wav", b"damaged"), ("b.wav", b"RIFFxxxxWAVE")], True),
        ([(None, None), ("a.wav", None)], True),
        ([(None, None)], False),
    ],
)
def test_most_of_the_first_rows_tell_what_a_column_holds(rows: list, expected: bool):
    assert holds_sounds(image_items(rows)) is expected
