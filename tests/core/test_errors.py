import pytest

from headstart.core.errors import HeadstartError, Unavailable, UnreadableItem, UserError, nearest, together


def test_several_problems_travel_in_one_error():
    error = UserError("One.", "Two.")
    assert error.problems == ("One.", "Two.")
    assert str(error) == "One.\nTwo."


def test_an_error_without_a_problem_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="UserError needs at least one problem to report"):
        UserError()


def test_exit_codes_tell_whose_turn_it_is():
    assert (UserError("x").exit_code, UnreadableItem("a", "b").exit_code) == (2, 2)
    assert (Unavailable("x").exit_code, HeadstartError("x").exit_code) == (1, 1)


def test_an_unreadable_item_is_named_with_the_reason():
    assert str(UnreadableItem("a b", "it is empty", quoted=True)) == "'a b' cannot be read: it is empty."
    error = UnreadableItem("a.png", "it is empty")
    assert (error.name, error.reason) == ("a.png", "it is empty")
    assert str(error) == "a.png cannot be read: it is empty."


@pytest.mark.parametrize(
    ("name", "known", "advice"),
    [
        ("lineer_probe", ["full", "linear_probe"], "Did you mean 'linear_probe'?"),
        ("FULL", ["full"], "Did you mean 'full'?"),
        ("xyz", ["b", "a"], "Known: a, b."),
        ("xyz", [str(n) for n in range(10, 30)], "Known: 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 and 8 more."),
        ("xyz", [], "There are none to choose from."),
    ],
)
def test_the_nearest_name_is_offered_or_the_names_there_are(name, known, advice):
    assert nearest(name, known) == advice


def test_attempts_are_refused_together():
    def refuse(*problems: str):
        raise UserError(*problems)

    together(lambda: 1)
    with pytest.raises(UserError) as caught:
        together(lambda: refuse("One."), lambda: 1, lambda: refuse("Two.", "One."))
    assert caught.value.problems == ("One.", "Two.")


def test_what_is_missing_is_told_beside_what_is_wrong():
    def missing(what: str):
        raise Unavailable(what)

    def refuse():
        raise UserError("One.")

    with pytest.raises(UserError) as caught:
        together(lambda: missing("No room."), refuse)
    assert caught.value.problems == ("One.", "No room.")
    with pytest.raises(Unavailable, match=r"^No room\.$"):
        together(lambda: missing("No room."), lambda: missing("No network."))
