from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest

from headstart.report._codec import decode, encode


@dataclass(frozen=True, kw_only=True)
class Part:
    share: float
    count: int | None


@dataclass(frozen=True, kw_only=True)
class Whole:
    name: str
    kind: Literal["a", "b"]
    parts: tuple[Part, ...]
    loose: Mapping[str, float | int | str | bool]
    optional: float | None


WHOLE = Whole(
    name="é",
    kind="a",
    parts=(Part(share=0.5, count=None), Part(share=1.0, count=3)),
    loose={"whole": 3, "real": 3.5, "flag": True, "text": "x"},
    optional=None,
)
PLAIN = {
    "name": "é",
    "kind": "a",
    "parts": [{"share": 0.5, "count": None}, {"share": 1.0, "count": 3}],
    "loose": {"whole": 3, "real": 3.5, "flag": True, "text": "x"},
    "optional": None,
}


def encoded(value, kind):
    problems: list[str] = []
    return encode(value, kind, "top", problems), problems


def decoded(value, kind):
    problems: list[str] = []
    return decode(value, kind, "top", problems), problems


def test_both_ways_are_inverse():
    assert encoded(WHOLE, Whole) == (PLAIN, [])
    assert decoded(PLAIN, Whole) == (WHOLE, [])


def test_whole_numbers_and_flags_stay_what_they_are():
    loose = encoded(WHOLE, Whole)[0]["loose"]
    assert [type(each) for each in loose.values()] == [int, float, bool, str]
    assert [type(each) for each in decoded(PLAIN, Whole)[0].loose.values()] == [int, float, bool, str]


def test_numbers_of_numpy_become_plain_ones():
    plain, problems = encoded(Part(share=np.float32(0.5), count=np.int64(3)), Part)
    assert problems == []
    assert plain == {"share": 0.5, "count": 3}
    assert [type(each) for each in plain.values()] == [float, int]
    assert encoded(np.bool_(True), bool) == (True, [])


def test_a_number_that_is_not_finite_is_null_only_where_none_is_allowed():
    assert encoded(float("nan"), float | None) == (None, [])
    assert encoded(float("inf"), float)[1] == ["top is inf, where a finite number belongs"]


@pytest.mark.parametrize(
    ("value", "kind", "problem"),
    [
        ("x", int, "top should be a whole number but is 'x'"),
        (None, str, "top should be a text but is null"),
        (2.5, int, "top should be a whole number but is 2.5"),
        (True, int, "top should be a whole number but is True"),
        ("c", Literal["a", "b"], "top should be one of 'a', 'b' but is 'c'"),
        (1, str | None, "top should be a text or null but is 1"),
        ({}, tuple[int, ...], "top should be a list but is {}"),
        ("y" * 60, bool, "top should be true or false but is '" + "y" * 38 + "…"),
    ],
)
def test_wrong_types_are_named_both_ways(value, kind, problem):
    assert encoded(value, kind) == (None, [problem])
    assert decoded(value, kind) == (None, [problem])


def test_every_problem_is_reported_with_its_place():
    broken = PLAIN | {"parts": [{"share": "much", "count": 1}, {"count": 2, "extra": 0}], "kind": 1}
    assert decoded(broken, Whole)[1] == [
        "top.kind should be one of 'a', 'b' but is 1",
        "top.parts[0].share should be a number but is 'much'",
        "top.parts[1].share is missing",
        "top.parts[1].extra is not a known key",
    ]
