from __future__ import annotations

import pytest

from headstart.core.licences import NOT_STATED, UNSTATED, is_permissive, is_stated, together


@pytest.mark.parametrize("licence", ["MIT", "Apache-2.0", "apache-2.0", "BSD-3-Clause", "CC0-1.0", " mit "])
def test_licences_that_allow_any_use(licence: str):
    assert is_permissive(licence)


@pytest.mark.parametrize("licence", ["CC-BY-NC-4.0", "GPL-3.0", "CC-BY-SA-4.0", "openrail", "see the model card", ""])
def test_licences_that_restrict_or_are_not_known(licence: str):
    assert not is_permissive(licence)


def test_what_is_made_of_parts_is_under_all_their_licences():
    assert together(["MIT", "MIT"]) == "MIT"
    assert together(["Apache-2.0", "MIT"]) == "Apache-2.0 AND MIT"
    assert is_permissive("Apache-2.0 AND MIT")
    assert not is_permissive("Apache-2.0 AND GPL-3.0")


@pytest.mark.parametrize("unknown", [UNSTATED, NOT_STATED])
def test_a_licence_is_stated_if_that_of_every_part_is(unknown: str):
    assert is_stated("Apache-2.0 AND MIT")
    assert not is_stated(unknown)
    assert not is_stated(together(["MIT", unknown]))
