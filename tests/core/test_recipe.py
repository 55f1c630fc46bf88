import pytest

from headstart.core.errors import UserError
from headstart.core.recipe import PRESETS, Budget, Recipe


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600), ("1h30m", 5400), ("1h2m3s", 3723), ("0h1s", 1)]
)
def test_durations(text, seconds):
    budget = Budget.parse(text)
    assert (budget.preset, budget.seconds) == (None, seconds)
    assert str(budget) == f"{seconds}s"


def test_a_number_is_no_budget():
    with pytest.raises(UserError, match="Budget '30' is neither a preset"):
        Budget.parse(30)  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", PRESETS)
def test_presets(preset):
    budget = Budget.parse(preset)
    assert (budget.preset, budget.seconds) == (preset, None)
    assert str(budget) == preset


@pytest.mark.parametrize("text", ["", "soon", "5", "5 m", "m5", "-5m", "1.5h", "30m1h", "5min"])
def test_anything_else_is_refused(text):
    with pytest.raises(
        UserError, match=rf"Budget '{text}' is neither a preset \(quick, standard, thorough\) nor a duration"
    ):
        Budget.parse(text)


def test_equal_requests_are_equal_recipes():
    assert Recipe(data="d", seed=1) == Recipe(data="d", seed=1)
    assert Recipe(data="d", seed=1) != Recipe(data="d", seed=2)


@pytest.mark.parametrize("text", ["0s", "0h0m"])
def test_no_time_at_all_is_no_budget(text: str):
    with pytest.raises(UserError, match=f"Budget '{text}' leaves no time at all; give a duration such as 90s"):
        Budget.parse(text)
