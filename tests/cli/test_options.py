import pytest

from headstart.cli._options import names
from headstart.core.errors import UserError


def test_names_are_separated_by_commas():
    assert names(" a, b,") == ("a", "b")
    assert names(None) is None


def test_a_pool_without_names_is_refused():
    with pytest.raises(UserError, match="--pool ' ,' names no model"):
        names(" ,")
