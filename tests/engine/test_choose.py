from dataclasses import replace

import numpy as np
import pytest

from headstart.core.errors import UserError
from headstart.engine import choose as module
from headstart.engine.choose import CLOSE, SCATTER
from headstart.engine.compare import compare_cross_validated
from headstart.engine.estimates import Sample
from headstart.engine.folds import repeated_folds
from headstart.engine.intervals import cross_validated_interval

TARGETS = np.arange(100) % 2
ITEMS = Sample(targets=TARGETS, groups=np.arange(100), ceiling=np.ones(100))
FOLDS, _ = repeated_folds(TARGETS, ITEMS.groups, 5, 2, 0)


def right(level, seed=0):
    return (np.random.default_rng(seed).random((2, 100)) < level).astype(float)


def lowered(credit, items):
    """The same, but wrong on the first ``items`` items that were right."""
    worse = credit.copy()
    for row in worse:
        row[np.flatnonzero(row)[:items]] = 0.0
    return worse


def choose(credits, folds, items, costs, leads=None, origins=None):
    """All on one backbone whose probe is the first, unless it is said."""
    return module.choose(
        credits, folds, items, costs, leads or [0.0] * len(credits), origins or list(range(len(credits)))
    )


def test_measured_leads_are_drawn_towards_those_on_other_data():
    base, other = right(0.8), right(0.85, seed=1)
    paired = compare_cross_validated(other, base, FOLDS, ITEMS)
    for lead in (0.0, 0.02, -0.3):
        _, measured = choose([base, other], FOLDS, ITEMS, costs=[1.0, 30.0], leads=[0.01, lead])
        precisions = np.array([1 / paired.variance, 1 / SCATTER**2])
        posterior = precisions @ [paired.value, lead - 0.01] / precisions.sum()
        assert measured[0].expected == pytest.approx(base.mean())
        assert measured[1].expected == pytest.approx(base.mean() + posterior)


def test_a_strategy_leads_over_the_probe_of_its_own_backbone():
    good, bad = right(0.8), lowered(right(0.8), 12)
    tuned = lowered(right(0.8), 11)  # a hundredth better than its own probe
    credits = [good, bad, tuned]
    _, measured = choose(credits, FOLDS, ITEMS, costs=[1.0, 1.0, 30.0], leads=[0.0, 0.0, 0.03], origins=[0, 1, 1])
    paired = compare_cross_validated(tuned, bad, FOLDS, ITEMS)
    trust = SCATTER**2 / (SCATTER**2 + paired.variance)
    assert measured[2].expected - measured[1].expected == pytest.approx(trust * paired.value + (1 - trust) * 0.03)
    assert measured[1].expected < measured[2].expected < measured[0].expected
    _, alone = choose(credits, FOLDS, ITEMS, costs=[1.0, 1.0, 30.0], leads=[0.0, 0.0, 0.03], origins=[0, 1, 2])
    assert alone[2].expected > measured[2].expected  # the first backbone's probe knows nothing of the second


@pytest.mark.parametrize("folds", [2, 5])
def test_a_candidate_on_few_folds_is_drawn_further(folds):
    base = right(0.8)
    better = np.where(folds > FOLDS, 1.0, np.nan)
    better[1] = np.nan
    _, measured = choose([base, better], FOLDS, ITEMS, costs=[1.0, 30.0])
    paired = compare_cross_validated(better, base, FOLDS, ITEMS)
    assert measured[1].expected - base.mean() == pytest.approx(
        paired.value * SCATTER**2 / (SCATTER**2 + paired.variance)
    )


@pytest.mark.parametrize(("items", "lead", "chosen"), [(10, 0.02, 1), (10, -0.02, 0), (1000, -0.02, 1)])
def test_few_items_leave_it_to_what_is_known_of_other_data(items, lead, chosen):
    """The dearer one is right on a tenth of the items more."""
    targets = np.arange(items) % 2
    sample = Sample(targets=targets, groups=np.arange(items), ceiling=np.ones(items))
    folds, _ = repeated_folds(targets, sample.groups, 5, 2, 0)
    better = np.tile((np.arange(items) >= 2 * items // 10).astype(float), (2, 1))
    worse = lowered(better, items // 10)
    assert choose([worse, better], folds, sample, costs=[1.0, 30.0], leads=[0.0, lead])[0] == chosen


def test_the_cheapest_of_those_that_come_close_wins():
    best = right(0.9)
    index, measured = choose([best, lowered(best, 1), lowered(best, 30)], FOLDS, ITEMS, costs=[30.0, 2.0, 1.0])
    assert measured[0].expected - measured[1].expected < CLOSE < measured[0].expected - measured[2].expected
    assert index == 1
    assert measured[0].difference is None
    assert measured[0].standard_error is None
    assert measured[1].difference.value == pytest.approx(-0.01)
    assert measured[1].standard_error > 0.01
    assert measured[2].difference.value == pytest.approx(-0.3)
    assert [entry.folds for entry in measured] == [10, 10, 10]


def test_the_numbers_are_those_of_the_paired_comparison():
    best, other = right(0.9), right(0.7, seed=1)
    _, measured = choose([other, best], FOLDS, ITEMS, costs=[1.0, 2.0])
    paired = compare_cross_validated(other, best, FOLDS, ITEMS)
    assert measured[0].difference == paired.interval
    assert measured[0].standard_error == paired.standard_error
    assert measured[0].score == cross_validated_interval(other, FOLDS, ITEMS)


def test_pairing_sees_what_unpaired_errors_hide():
    # Five items apart, always the same ones: less than one standard error of either score, more than one of the pair.
    best = right(0.8)
    index, measured = choose([best, lowered(best, 5)], FOLDS, ITEMS, costs=[9.0, 1.0])
    assert measured[0].score.high - measured[0].score.low > 4 * 0.035
    assert measured[1].standard_error < 0.05
    assert index == 0


def test_equal_costs_go_to_the_better_and_ties_to_the_first():
    best = right(0.9)
    assert choose([lowered(best, 1), best], FOLDS, ITEMS, costs=[1.0, 1.0])[0] == 1
    assert choose([best, best.copy()], FOLDS, ITEMS, costs=[1.0, 1.0])[0] == 0


def test_a_single_candidate_is_chosen():
    index, measured = choose([right(0.6)], FOLDS, ITEMS, costs=[5.0])
    assert index == 0
    assert measured[0].difference is None


def test_a_candidate_on_fewer_folds_is_compared_on_those():
    best = right(0.7)
    better = np.where(FOLDS < 2, np.ones((2, 100)), np.nan)
    better[1] = np.nan
    index, measured = choose([best, better], FOLDS, ITEMS, costs=[1.0, 9.0])
    assert index == 1
    assert measured[1].folds == 2
    common = FOLDS[0] < 2
    assert measured[0].difference.value == pytest.approx((best[0, common] - 1).mean())


def test_fewer_folds_alone_do_not_win():
    # Better on its own folds than the other is overall, but not better there.
    rest = right(0.5)
    easy = np.where(FOLDS == 0, 1.0, rest)
    cut = np.where(FOLDS == 0, 1.0, np.nan)
    index, measured = choose([easy, cut], FOLDS, ITEMS, costs=[1.0, 0.5])
    assert measured[1].difference.value == 0.0
    assert index == 1  # as good where measured, and cheaper
    assert choose([easy, cut], FOLDS, ITEMS, costs=[1.0, 2.0])[0] == 0


def test_what_was_never_scored_is_not_chosen():
    nothing = np.full((2, 100), np.nan)
    index, measured = choose([nothing, right(0.6)], FOLDS, ITEMS, costs=[0.1, 5.0])
    assert index == 1
    assert measured[0].score is None
    assert measured[0].standard_error is None
    assert measured[0].folds == 0


def test_what_shares_no_item_with_the_best_is_not_chosen():
    first = np.where(FOLDS == 0, 1.0, np.nan)
    second = np.where(FOLDS == 1, 0.0, np.nan)
    first[1] = second[1] = np.nan
    index, measured = choose([second, first], FOLDS, ITEMS, costs=[1.0, 5.0])
    assert index == 1
    assert measured[0].difference is None
    assert measured[0].score is not None


@pytest.mark.parametrize(
    ("credits", "costs", "message"),
    [
        ([], [], "There is no candidate to choose from"),
        ([right(0.5)], [1.0, 2.0], "got 1 candidates, 2 costs and 1 leads"),
        ([np.full((2, 100), np.nan)], [1.0], "No candidate finished a single fold"),
    ],
)
def test_what_cannot_be_chosen_from_is_said(credits, costs, message):
    with pytest.raises(UserError, match=message):
        choose(credits, FOLDS, ITEMS, costs)


def test_scores_may_be_of_items_that_are_tied_otherwise_than_differences():
    credits = [right(0.6), right(0.7)]
    whole = replace(ITEMS, groups=np.arange(len(ITEMS)) // 25)
    arguments = ([1.0, 30.0], [0.0, 0.0], [0, 0])
    index, plain = module.choose(credits, FOLDS, ITEMS, *arguments)
    other, tied = module.choose(credits, FOLDS, ITEMS, *arguments, whole=whole)
    assert index == other
    assert [each.difference for each in plain] == [each.difference for each in tied]
    assert plain[0].score != tied[0].score
