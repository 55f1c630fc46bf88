import json

import pyarrow as pa
import pytest

from headstart.core.errors import UserError
from headstart.data._arrow import IMAGE
from headstart.data._hf import class_labels, columns_of


def described(features: dict) -> dict[str, str]:
    return {"huggingface": json.dumps({"info": {"features": features}})}


def test_only_declared_class_labels_are_translated():
    schema = pa.schema([("a", pa.int64()), ("b", pa.int64())])
    schema = schema.with_metadata(
        described({"a": {"_type": "ClassLabel", "names": ["x", "y"]}, "b": {"dtype": "int64"}})
    )
    assert class_labels(schema) == {"a": ["x", "y"]}
    table = pa.table({"a": [1, -1, None], "b": [1, 0, 1]}, schema=schema)
    assert columns_of(table, first=0) == {"a": ["y", None, None], "b": [1, 0, 1]}


def test_tables_without_a_description_are_plain():
    assert class_labels(pa.schema([("a", pa.int64())])) == {}
    columns = columns_of(pa.table({"a": ["x"], "image": pa.array([b"raw"], type=pa.binary())}), first=0)
    assert columns["a"] == ["x"]
    assert columns["image"].type == IMAGE


@pytest.mark.parametrize(
    "metadata",
    [
        b"{",
        b"\xff",
        b"[]",
        b'{"info": null}',
        b'{"info": {"features": []}}',
        b'{"info": {"features": {"a": {"_type": "ClassLabel", "names": null}}}}',
    ],
)
def test_a_malformed_description_is_no_description(metadata: bytes):
    schema = pa.schema([("a", pa.int64())]).with_metadata({b"huggingface": metadata})
    assert columns_of(pa.table({"a": [1, 0]}, schema=schema), first=0) == {"a": [1, 0]}


def test_class_labels_of_what_is_no_integer_are_left_as_they_are():
    schema = pa.schema([("a", pa.string())]).with_metadata(described({"a": {"_type": "ClassLabel", "names": ["x"]}}))
    assert columns_of(pa.table({"a": ["y"]}, schema=schema), first=0) == {"a": ["y"]}


def test_numbers_of_no_class_are_named_by_column_and_row():
    schema = pa.schema([("a", pa.int64()), ("b", pa.int64())])
    label = {"_type": "ClassLabel", "names": ["x", "y"]}
    table = pa.table({"a": [1, 2], "b": [7, 0]}, schema=schema.with_metadata(described({"a": label, "b": label})))
    with pytest.raises(UserError) as caught:
        columns_of(table, first=1)
    assert list(caught.value.problems) == [
        f"Column '{column}' has {value} in row {row}, and the table's description names 2 classes, numbered from 0; "
        "correct the value or the description."
        for column, value, row in (("a", 2, 2), ("b", 7, 1))
    ]
