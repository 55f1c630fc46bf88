import json

import pyarrow as pa

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
    assert columns_of(table) == {"a": ["y", None, None], "b": [1, 0, 1]}


def test_tables_without_a_description_are_plain():
    assert class_labels(pa.schema([("a", pa.int64())])) == {}
    columns = columns_of(pa.table({"a": ["x"], "image": pa.array([b"raw"], type=pa.binary())}))
    assert columns["a"] == ["x"]
    assert columns["image"].type == IMAGE
