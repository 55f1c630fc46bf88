from bench._contest import TITLES
from bench._goals import points, quick_goal, standard_goal
from bench._summary import Estimate, overall, summarise

NAN = float("nan")


def summaries(outcomes):
    return [summarise(outcomes, name, peers=("autogluon", "plain"), floor="frozen") for name in ("one", "two")]


def test_points_are_signed_and_carry_their_interval():
    assert points(Estimate(mean=0.021, low=0.004, high=0.038)) == "+2.1 (+0.4 to +3.8)"
    assert points(Estimate(mean=-0.5, low=NAN, high=NAN)) == "-50.0"
    assert points(Estimate(mean=-1e-17, low=NAN, high=NAN)) == "+0.0"


def test_quick_is_told_where_it_is_met_and_where_not(outcomes):
    met, missed = quick_goal(summaries(outcomes), TITLES)
    assert met.startswith("- one: met: +1.0 (")
    assert met.endswith("points to plain loop, the best peer, in 0.08 of the fastest peer's time.")
    assert missed.startswith("- two: **not met** (less accurate): -9.0 (")


def test_quick_is_told_when_it_takes_too_long(outcomes):
    slow = [each if each.contestant != "quick" else type(each)(**{**vars(each), "wall": 50.0}) for each in outcomes]
    first, second = quick_goal(summaries(slow), TITLES)
    assert first.startswith("- one: **not met** (too slow): +1.0")
    assert second.startswith("- two: **not met** (less accurate and too slow): -9.0")


def test_standard_is_judged_in_the_mean_and_within_the_slowest_time(outcomes):
    found = summaries(outcomes)
    lines = standard_goal(found, overall(outcomes, found), TITLES)
    assert lines[0].startswith("- In the mean over the sets: met: +6.0 (")
    assert lines[1].endswith("points to plain loop, 0.75 of the slowest peer's time.")
    assert lines[2].endswith("points to AutoGluon-MM, 0.75 of the slowest peer's time; under 5 points.")


def test_standard_that_is_late_or_too_little_ahead_is_told(outcomes):
    changed = [
        type(each)(**{**vars(each), "wall": 500.0, "balanced_accuracy": 0.72})
        if each.contestant == "standard"
        else each
        for each in outcomes
    ]
    found = summaries(changed)
    lines = standard_goal(found, overall(changed, found), TITLES)
    assert lines[0].startswith("- In the mean over the sets: **not met**: +2.0")
    assert all("**not within the slowest peer's time**" in line for line in lines[1:])


def test_nothing_is_said_of_sets_without_headstart_or_peers(outcomes):
    peers = [each for each in outcomes if each.contestant not in ("quick", "standard")]
    assert quick_goal(summaries(peers), TITLES) == []
    alone = [summarise(outcomes, "one", peers=(), floor="frozen")]
    assert quick_goal(alone, TITLES) == []
