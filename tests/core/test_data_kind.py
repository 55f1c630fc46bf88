from __future__ import annotations

import pytest

from headstart.core.data_kind import Roles
from headstart.core.errors import UserError


def test_empty_names_of_columns_are_refused_together():
    with pytest.raises(UserError) as caught:
        Roles(input="text", label="", domain="")
    assert caught.value.problems == (
        "--label (label=) is empty; name a column, or leave it out.",
        "--domain (domain=) is empty; name a column, or leave it out.",
    )
