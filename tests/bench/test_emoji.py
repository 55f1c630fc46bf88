import pytest

from bench._emoji import dealt, idea

KNOWN = [{"unified": f"{sign}-200D-{number:X}"} for number in range(0x1F300, 0x1F320) for sign in ("1F468", "1F469")]


def test_man_woman_and_person_of_one_emoji_are_one_idea():
    firefighters = {idea(f"{who}-200D-1F692") for who in ("1F468", "1F469", "1F9D1")}
    runners = {idea(each) for each in ("1F3C3", "1F3C3-200D-2640-FE0F", "1F3C3-200D-2642-FE0F")}
    assert (firefighters, runners) == ({"1F692"}, {"1F3C3"})
    assert idea("1F468") == idea("1F469") == "person"


def test_variants_of_one_emoji_never_straddle_the_parts():
    parts = dealt(KNOWN, train=21, test=20, seed=0)
    assert [len(parts["train"]), len(parts["test"])] == [21, 20]
    ideas = [{idea(each["unified"]) for each in part} for part in parts.values()]
    assert not ideas[0] & ideas[1]


def test_a_seed_draws_the_same_again_and_another_draws_anew():
    assert dealt(KNOWN, train=20, test=20, seed=1) == dealt(KNOWN, train=20, test=20, seed=1)
    assert dealt(KNOWN, train=20, test=20, seed=1) != dealt(KNOWN, train=20, test=20, seed=2)


def test_more_than_there_are_is_refused():
    with pytest.raises(SystemExit, match=r"There are no 40 \+ 30 emoji; at most 64 together"):
        dealt(KNOWN, train=40, test=30, seed=0)
