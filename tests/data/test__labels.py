import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from headstart.core.errors import UserError
from headstart.data._labels import class_names, look_alikes, refuse_non_classes, sorted_classes


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["b ", "a"], ["b", "a"]),
        (["cafe\u0301"], ["caf\u00e9"]),
        ([1, 0, 1], ["1", "0", "1"]),
        ([1.0, 0.0, math.nan], ["1", "0", None]),
        ([np.int64(3), np.float32(2.0)], ["3", "2"]),
        ([0.0, 1 / 3, 2 / 3, 1.0], ["0", "0.333333", "0.666667", "1"]),
        ([0.5, 0.50000001], ["0.5", "0.50000001"]),
        ([2**53, 2**53 + 1], ["9007199254740992", "9007199254740993"]),
        ([np.int64(1234567), 10**400, 0.25, 1.0], ["1234567", str(10**400), "0.25", "1"]),
        ([math.inf, 1], ["inf", "1"]),
        ([True, False, np.bool_(True)], ["True", "False", "True"]),
        (["1.0", "2.0", ""], ["1", "2", None]),
        (["007", "7"], ["007", "7"]),
        (["NA", "null", "none"], ["NA", "null", "none"]),
        (["1", "NaN", "2"], ["1", None, "2"]),
        (["nan", "roti"], ["nan", "roti"]),
        ([None, "  ", "a", pd.NA, pd.NaT], [None, None, "a", None, None]),
    ],
)
def test_one_name_per_label(values: list, names: list):
    assert class_names(values, "column 'y'") == names


def test_mixed_kinds_are_refused_with_an_example_of_each():
    with pytest.raises(UserError) as caught:
        class_names(["cat", 3, None], "column 'y'")
    assert (
        str(caught.value) == "The labels in column 'y' mix number (3) and text ('cat'); write all of them as one kind."
    )
    with pytest.raises(UserError, match="mix number"):
        class_names([True, 1], "column 'y'")


@pytest.mark.parametrize("value", [["a", "b"], {"a": 1}, Decimal("1.5"), b"a"])
def test_other_things_are_refused(value: object):
    with pytest.raises(UserError, match=f"hold {type(value).__name__} values such as .*; expected one text, number"):
        class_names(["a", value], "column 'y'")


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["10", "2", "1", "2"], ("1", "2", "10")),
        (["-1", "0.5", "1e1"], ("-1", "0.5", "1e1")),
        (["class10", "class2"], ("class10", "class2")),
        (["b", "B", "a"], ("B", "a", "b")),
    ],
)
def test_classes_are_sorted_by_value_or_by_letter(names: list[str], classes: tuple[str, ...]):
    assert sorted_classes(names) == classes


def test_measurements_and_ids_are_no_classes():
    refuse_non_classes([str(number) for number in range(20)], "column 'y'")
    refuse_non_classes([str(number % 100) for number in range(1000)], "column 'y'")
    with pytest.raises(UserError, match=r"are 30 different numbers such as 0\.25, which looks like a measurement"):
        refuse_non_classes([str(number + 0.25) for number in range(30)], "column 'y'")
    with pytest.raises(UserError, match="have 30 different values for 40 items, which looks like a name or an id"):
        refuse_non_classes([f"user{number % 30}" for number in range(40)], "column 'y'")


def test_classes_spelt_alike():
    assert look_alikes(["Cat", "cat ", "dog", "hot dog", "hot_dog"]) == [("Cat", "cat "), ("hot dog", "hot_dog")]
