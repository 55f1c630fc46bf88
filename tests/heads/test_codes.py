import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headstart.heads.codes import numbered, untied


@given(st.lists(st.integers(-3, 12) | st.integers(0, 10**12), max_size=40))
def test_codes_are_those_of_sorting(values):
    given_ = np.array(values, dtype=np.int64)
    np.testing.assert_array_equal(numbered(given_), np.unique(given_, return_inverse=True)[1])


@pytest.mark.parametrize("values", [[0, 1, 2, 3], [0, 1, 1, 2, 0], [0, 0]])
def test_codes_are_not_copied(values):
    codes = np.array(values)
    assert numbered(codes) is codes


@pytest.mark.parametrize("kind", [np.int16, np.uint8, np.int64])
def test_any_kind_of_integer_is_numbered(kind):
    np.testing.assert_array_equal(numbered(np.array([7, 3, 7, 5], dtype=kind)), [2, 0, 2, 1])


def test_untied_codes_are_all_different():
    assert untied(np.array([2, 0, 1]))
    assert not untied(np.array([1, 0, 1]))
    assert untied(np.array([], dtype=np.int64))
