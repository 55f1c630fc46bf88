from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from headstart import catalog
from headstart.core.errors import UserError
from headstart.core.settings import Meaning, Setting, changed, settings_of


@dataclass(frozen=True, kw_only=True)
class Plan:
    epochs: Annotated[int, Meaning(says="Passes.", low=1)] = 5
    augment: Literal["none", "mild"] = "none"


@dataclass(frozen=True, kw_only=True)
class Member:
    decay: Annotated[float, Meaning(says="Of the rate.", high=1)] = 0.8
    plan: Plan = Plan()
    balanced: bool = False


def test_the_settings_of_what_a_member_holds_are_its_own():
    assert settings_of(Member()) == (
        Setting(name="decay", default=0.8, expected="a number from 0 to 1", says="Of the rate."),
        Setting(name="epochs", default=5, expected="a whole number from 1 on", says="Passes."),
        Setting(name="augment", default="none", expected="'none' or 'mild'", says=""),
        Setting(name="balanced", default=False, expected="true or false", says=""),
    )


def test_what_is_given_is_changed_and_nothing_else():
    member = Member()
    found = changed(member, "it", {"epochs": 3, "decay": 1, "balanced": True, "augment": "mild"})
    assert found == Member(decay=1.0, plan=Plan(epochs=3, augment="mild"), balanced=True)
    assert isinstance(found.decay, float)
    assert member == Member()
    assert changed(member, "it", {}) == member


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("epochs", 0, "a whole number from 1 on"),
        ("epochs", 2.5, "a whole number from 1 on"),
        ("epochs", True, "a whole number from 1 on"),
        ("epochs", "ten", "a whole number from 1 on"),
        ("decay", 1.5, "a number from 0 to 1"),
        ("decay", -0.1, "a number from 0 to 1"),
        ("decay", math.nan, "a number from 0 to 1"),
        ("epochs", 10**400, "a whole number from 1 on"),
        ("decay", "high", "a number from 0 to 1"),
        ("balanced", 1, "true or false"),
        ("augment", "wild", "'none' or 'mild'"),
    ],
)
def test_values_that_do_not_fit_are_refused(name: str, value: Any, expected: str):
    with pytest.raises(UserError, match=f"^Setting {name} of 'it' is {value!r}; expected {expected}\\.$"):
        changed(Member(), "it", {name: value})


def test_all_problems_come_at_once_and_the_nearest_name_is_offered():
    with pytest.raises(UserError) as refused:
        changed(Member(), "it", {"epoch": 3, "decay": 2})
    assert refused.value.problems == (
        "Strategy 'it' has no setting 'epoch'. Did you mean 'epochs'? It has: decay, epochs, augment, balanced.",
        "Setting decay of 'it' is 2; expected a number from 0 to 1.",
    )


def test_a_member_without_settings_says_so():
    @dataclass(frozen=True, kw_only=True)
    class Bare:
        pass

    with pytest.raises(UserError, match=r"^Strategy 'bare' has no setting 'epochs'\. It has none\.$"):
        changed(Bare(), "bare", {"epochs": 3})


@pytest.mark.parametrize("name", catalog.strategies.names())
def test_every_setting_of_every_strategy_is_explained_and_its_default_fits(name: str):
    member = catalog.strategies.get(name)()
    settings = settings_of(member)
    assert [setting.name for setting in settings if not setting.says] == []
    assert len({setting.name for setting in settings}) == len(settings)
    assert changed(member, name, {setting.name: setting.default for setting in settings}) == member
