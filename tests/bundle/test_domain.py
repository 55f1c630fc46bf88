from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from headstart.bundle.domain import FILE, read_reference, write_reference
from headstart.core.domain_reference import DomainReference
from headstart.core.errors import Unavailable


def reference(count: int = 12, width: int = 3) -> DomainReference:
    random = np.random.default_rng(0)
    return DomainReference(
        of="training items",
        features=random.normal(size=(count, width)).astype(np.float32),
        predicted=np.arange(count) % 2,
        targets=np.arange(count) // 2 % 2,
        looks=({"words": 3.0, "letters": 0.25}, {"words": 5.0, "letters": 0.5}),
    )


@pytest.mark.parametrize("labelled", [True, False])
def test_a_reference_comes_back_as_it_was_written(labelled: bool, tmp_path: Path):
    given = reference() if labelled else replace(reference(), of="test items", targets=None)
    write_reference(tmp_path, given)
    found = read_reference(tmp_path, given.of, width=3, classes=2)
    assert (found.of, found.looks) == (given.of, given.looks)
    np.testing.assert_array_equal(found.features, given.features)
    np.testing.assert_array_equal(found.predicted, given.predicted)
    assert found.features.dtype == np.float32
    if labelled:
        assert found.targets is not None
        assert given.targets is not None
        np.testing.assert_array_equal(found.targets, given.targets)
    else:
        assert found.targets is None


def test_one_that_is_gone_or_broken_is_named(tmp_path: Path):
    with pytest.raises(Unavailable, match=rf"'.*{FILE}' is damaged: it is missing\. Run the command that made the run"):
        read_reference(tmp_path, "training items", width=3, classes=2)
    (tmp_path / FILE).write_bytes(b"no tensors")
    with pytest.raises(Unavailable, match=rf"'.*{FILE}' is damaged: "):
        read_reference(tmp_path, "training items", width=3, classes=2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 4}, "features"),
        ({"classes": 1}, "predicted, targets"),
        ({"gone": "predicted"}, "predicted"),
        ({"short": "targets"}, "targets"),
        ({"short": "features"}, "predicted, targets"),
        ({"empty": True}, "predicted, targets"),
        ({"names": "[]"}, "looks"),
        ({"names": "{}"}, "looks"),
    ],
)
def test_arrays_that_do_not_go_with_the_model_are_refused(changes: dict, said: str, tmp_path: Path):
    write_reference(tmp_path, reference())
    arrays, names = load_file(tmp_path / FILE), changes.get("names", '["words", "letters"]')
    if "gone" in changes:
        del arrays[changes["gone"]]
    if "short" in changes:
        arrays[changes["short"]] = arrays[changes["short"]][:-1]
    if "empty" in changes:
        arrays["features"] = arrays["features"][:0]
    save_file(arrays, tmp_path / FILE, metadata={"looks": names})
    with pytest.raises(Unavailable, match="it does not fit the model: ") as refused:
        read_reference(tmp_path, "training items", width=changes.get("width", 3), classes=changes.get("classes", 2))
    assert f"model: {said}" in str(refused.value)
