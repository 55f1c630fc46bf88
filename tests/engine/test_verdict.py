import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from headstart.core.errors import UserError
from headstart.engine.compare import Comparison, compare
from headstart.engine.estimates import Sample
from headstart.engine.verdict import best_control, critical_value, verdict


def comparison(value, error, count=400, seed=0):
    rng = np.random.default_rng(seed)
    return Comparison(value=value, variance=error**2, count=count, method="paired", contributions=rng.normal(size=200))


def test_positive():
    record = verdict({"TF-IDF": comparison(0.083, 0.025)}, "balanced accuracy")
    assert record.outcome == "positive"
    assert record.against == "TF-IDF"
    assert record.delta == 0.083
    assert record.needed is None
    assert record.sentence == (
        "Transfer helped: +8.3 points of balanced accuracy over the control (TF-IDF), "
        f"95% interval {100 * record.low:+.1f} to {100 * record.high:+.1f}."
    )


def test_negative_against_the_best_control():
    controls = {"from scratch": comparison(0.2, 0.03, seed=1), "TF-IDF": comparison(-0.1, 0.03, seed=2)}
    record = verdict(controls, "balanced accuracy")
    assert record.outcome == "negative"
    assert record.against == "TF-IDF"
    assert record.sentence.startswith(
        "Transfer hurt: −10.0 points of balanced accuracy against the best control (TF-IDF), 95% interval −"
    )


def test_no_material_difference():
    record = verdict({"a simple model": comparison(0.001, 0.003, count=90_000)}, "balanced accuracy")
    assert record.outcome == "no_material_difference"
    assert record.needed is None
    assert record.sentence == (
        "Transfer makes no material difference: +0.1 points of balanced accuracy against the control "
        "(a simple model), 95% interval −0.5 to +0.7, all within 1 point."
    )


def test_a_small_but_certain_gain_is_positive():
    assert verdict({"a": comparison(0.005, 0.002, count=90_000)}, "accuracy").outcome == "positive"


def test_cannot_tell_says_what_would_settle_it():
    record = verdict({"a simple model": comparison(0.02, 0.03, count=200)}, "balanced accuracy")
    assert record.outcome == "cannot_tell"
    assert record.needed == 3600  # 200 (2.8 x 0.03 / 0.02)^2 = 3,532, rounded up to two digits
    assert record.smallest_detectable == pytest.approx(0.084, abs=1e-3)
    assert record.sentence.endswith(
        "With 200 scored items only a difference of 8.4 points or more is found reliably; "
        "about 3,600 scored items would settle it."
    )
    assert record.sentence.startswith("Cannot tell whether transfer helped: +2.0 points of balanced accuracy against")


def test_excluded_harm_is_said():
    record = verdict({"a": comparison(0.05, 0.0285, count=500)}, "accuracy")
    assert record.outcome == "cannot_tell"
    assert "It does no material harm (more than 1 point)." in record.sentence
    assert "no material harm" in verdict({"a": comparison(0.04, 0.03)}, "accuracy", margin=0.02).sentence
    assert "no material harm" not in verdict({"a": comparison(0.02, 0.03)}, "accuracy").sentence


def test_an_unreachable_number_of_items_is_not_promised():
    record = verdict({"a": comparison(0.0, 0.3, count=60_000)}, "accuracy")
    assert record.outcome == "cannot_tell"
    assert record.needed is None
    assert record.sentence.endswith("is found reliably.")


def test_the_reach_of_needed_items_is_the_margin():
    assert verdict({"a": comparison(0.0001, 0.02)}, "accuracy").needed == (
        verdict({"a": comparison(0.01, 0.02)}, "accuracy").needed
    )


def test_one_control_is_the_ordinary_interval():
    made = comparison(0.03, 0.02)
    standing = best_control({"only": made})
    assert (standing.closest, standing.lowest, standing.apart) == ("only", "only", ())
    assert standing.interval == made.interval
    assert critical_value(np.eye(1)) == pytest.approx(1.96, abs=1e-3)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("shared", [0.0, 0.5, 0.95])
def test_the_critical_value_leaves_five_percent(size, shared):
    correlation = np.full((size, size), shared) + (1 - shared) * np.eye(size)
    c = critical_value(correlation)
    joint = multivariate_normal(cov=correlation, seed=0)
    error = joint.cdf(np.full(size, -1.96)) + 1 - joint.cdf(np.full(size, c))
    assert error == pytest.approx(0.05, abs=0.0015)


def test_identical_controls_are_one_control():
    assert critical_value(np.ones((3, 3))) == pytest.approx(norm.isf(0.025), abs=0.03)


def test_several_controls_widen_the_upper_end_only():
    controls = {str(k): comparison(0.03 + 1e-9 * k, 0.02, seed=k) for k in range(3)}
    interval = best_control(controls).interval
    alone = controls["0"].interval
    assert interval.low == pytest.approx(alone.low)
    assert interval.high > alone.high
    assert interval.method == "paired, against the best of 3"


def test_a_win_must_be_over_every_control():
    clear, open_ = comparison(0.2, 0.02, seed=1), comparison(0.22, 0.15, seed=2)
    assert verdict({"clear": clear}, "accuracy").outcome == "positive"
    assert verdict({"clear": clear, "open": open_}, "accuracy").outcome == "cannot_tell"


def test_a_control_that_never_differs_is_no_obstacle():
    same = Comparison(value=0.0, variance=1e-5, count=300, method="paired", contributions=np.zeros(200))
    assert verdict({"same": same, "other": comparison(0.1, 0.02)}, "accuracy").outcome in (
        "cannot_tell",
        "no_material_difference",
    )


def simulated(rng, count, levels, shares=(0.5, 0.5)):
    """Verdict on predictors right with probability ``levels``; the transfer first."""
    targets = np.repeat(np.arange(len(shares)), np.round(np.array(shares) * count).astype(int))
    sizes = np.bincount(targets)
    ceiling = len(targets) / (len(sizes) * sizes[targets])
    items = Sample(targets=targets, groups=np.arange(len(targets)), ceiling=ceiling)
    credits = [(rng.random(len(targets)) < level) * ceiling for level in levels]
    return verdict({str(k): compare(credits[0], c, items) for k, c in enumerate(credits[1:])}, "accuracy")


@pytest.mark.parametrize(
    ("count", "levels", "shares"),
    [
        (120, (0.5, 0.5), (0.5, 0.5)),
        (200, (0.5, 0.5, 0.5, 0.5), (0.5, 0.5)),
        (400, (0.6, 0.6, 0.6, 0.6), (0.8, 0.2)),
        (300, (0.7, 0.7, 0.5, 0.5), (0.5, 0.5)),
    ],
)
def test_three_hundred_nulls(count, levels, shares):
    rng = np.random.default_rng(0)
    outcomes = [simulated(rng, count, levels, shares).outcome for _ in range(300)]
    false = sum(outcome in ("positive", "negative") for outcome in outcomes) / 300
    # 5% +- 2 is meant; 300 simulations of exactly 5% range from 1.5% to 9% (three standard errors).
    assert 0.015 <= false <= 0.09


def test_planted_harm_and_gain_are_found():
    rng = np.random.default_rng(1)
    harmed = [simulated(rng, 300, (0.55, 0.75, 0.6, 0.5)).outcome for _ in range(60)]
    helped = [simulated(rng, 300, (0.9, 0.75, 0.6, 0.5)).outcome for _ in range(60)]
    assert harmed.count("negative") >= 57
    assert helped.count("positive") >= 57


def test_what_cannot_be_judged_is_said_at_once():
    with pytest.raises(UserError) as caught:
        verdict({}, "accuracy", margin=0.0)
    assert caught.value.problems == (
        "A verdict needs at least one control to compare with; none was measured.",
        "The margin of a verdict is a difference between 0 and 1, such as 0.01; got 0.",
    )


FULL = comparison(0.12, 0.03, count=150, seed=1)


def test_a_control_scored_on_few_items_and_far_behind_does_not_decide():
    coarse = comparison(0.18, 0.12, count=30, seed=2)
    record = verdict({"simple": FULL, "scratch": coarse}, "accuracy", spoken={"scratch": "the same from scratch"})
    assert coarse.bounds()[0] < 0
    assert (record.outcome, record.against, record.apart) == ("positive", "simple", ("scratch",))
    assert (record.low, record.scored) == (FULL.bounds()[0], 150)
    assert record.sentence.startswith(
        "Transfer helped: +12.0 points of accuracy over the control (simple), 95% interval"
    )
    low, high = (f"{100 * end:+.1f}".replace("-", "−") for end in coarse.bounds())
    assert record.sentence.endswith(
        f"Not counted, for it was scored on 30 of these items only: the same from scratch, +18.0 ({low} to {high})."
    )


@pytest.mark.parametrize(("value", "error"), [(0.08, 0.05), (0.13, 0.15), (-0.02, 0.12)])
def test_it_counts_where_it_may_be_the_best(value, error):
    record = verdict({"simple": FULL, "scratch": comparison(value, error, count=30, seed=2)}, "accuracy")
    assert record.apart == ()
    assert record.outcome == "cannot_tell"


def test_it_can_show_harm():
    record = verdict({"simple": FULL, "scratch": comparison(-0.4, 0.1, count=30, seed=2)}, "accuracy")
    assert (record.outcome, record.against) == ("negative", "scratch")


def test_alone_it_decides():
    assert verdict({"scratch": comparison(0.18, 0.06, count=30)}, "accuracy").outcome == "positive"


def test_what_it_would_take_is_that_of_the_comparison_in_the_way():
    near, coarse = comparison(0.12, 0.03, count=150, seed=1), comparison(0.13, 0.15, count=30, seed=2)
    record = verdict({"simple": near, "scratch": coarse}, "accuracy")
    assert (record.against, record.scored) == ("simple", 30)
    assert record.smallest_detectable == coarse.smallest_detectable
    assert record.needed == 320  # 30 (2.8 x 0.15 / 0.13)^2 = 313.5
    assert record.sentence.endswith(
        "What is open is the comparison with scratch. With 30 scored items only a difference of 42.0 points or more is "
        "found reliably; about 320 scored items would settle it."
    )
    behind = verdict({"simple": comparison(-0.02, 0.02, seed=1), "trunk": comparison(0.3, 0.2, seed=2)}, "accuracy")
    assert behind.smallest_detectable == comparison(-0.02, 0.02).smallest_detectable
    assert "What is open" not in behind.sentence


def test_a_control_that_equals_transfer_seldom_passes_for_coarse():
    rng = np.random.default_rng(4)
    positive = 0
    for draw in range(400):
        full = comparison(rng.normal(0.15, 0.03), 0.03, count=150, seed=2 * draw)
        coarse = comparison(rng.normal(0.0, 0.1), 0.1, count=30, seed=2 * draw + 1)
        positive += verdict({"simple": full, "scratch": coarse}, "accuracy").outcome == "positive"
    # Both must be exceeded by luck: one standard error alone is by 16%.
    assert positive / 400 < 0.16


def test_what_it_would_take_is_not_guessed_from_next_to_nothing():
    assert verdict({"a": comparison(0.2, 0.7, count=40)}, "accuracy").needed == 3900  # 40 (2.8 x 0.7 / 0.2)^2 = 3,842
    few = verdict({"a": comparison(0.2, 0.71, count=40)}, "accuracy")
    assert few.needed == 4000
    record = verdict({"a": comparison(0.2, 0.72, count=40)}, "accuracy")
    assert record.needed is None
    assert "would settle it" not in record.sentence
