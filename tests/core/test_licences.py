from __future__ import annotations

import pytest

from headstart.core.licences import is_permissive


@pytest.mark.parametrize("licence", ["MIT", "Apache-2.0", "apache-2.0", "BSD-3-Clause", "CC0-1.0", " mit "])
def test_licences_that_allow_any_use(licence: str):
    assert is_permissive(licence)


@pytest.mark.parametrize("licence", ["CC-BY-NC-4.0", "GPL-3.0", "CC-BY-SA-4.0", "openrail", "see the model card", ""])
def test_licences_that_restrict_or_are_not_known(licence: str):
    assert not is_permissive(licence)
