import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headstart.core.errors import UserError
from headstart.engine.folds import _note, repeated_folds, scheme


def test_classes_are_spread_to_within_one_item():
    targets = np.repeat([0, 1, 2], [53, 20, 7])
    folds, note = repeated_folds(targets, np.arange(80), 5, 3, seed=0)
    assert folds.shape == (3, 80)
    assert note == ""
    for row in folds:
        for c in range(3):
            counts = np.bincount(row[targets == c], minlength=5)
            assert np.ptp(counts) <= 1
        assert np.ptp(np.bincount(row, minlength=5)) <= 1


def test_equal_seeds_give_equal_folds_and_repeats_differ():
    targets = np.arange(60) % 3
    first, _ = repeated_folds(targets, np.arange(60), 5, 2, seed=4)
    again, _ = repeated_folds(targets, np.arange(60), 5, 2, seed=4)
    other, _ = repeated_folds(targets, np.arange(60), 5, 2, seed=5)
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).any()
    assert (first != other).any()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=2, max_size=60),
    st.integers(2, 7),
    st.integers(0, 100),
)
def test_groups_never_straddle_and_no_fold_is_empty(pairs, wanted, seed):
    targets, groups = np.array(pairs).T
    if len(np.unique(groups)) < 2:
        return
    folds, _ = repeated_folds(targets, groups, wanted, 2, seed)
    made = min(wanted, len(np.unique(groups)))
    for row in folds:
        assert set(row) == set(range(made))
        for group in np.unique(groups):
            assert len(set(row[groups == group])) == 1


def test_tied_items_leave_the_classes_balanced():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(120), rng.integers(1, 5, size=120))
    targets = (groups % 3 == 0).astype(int)
    folds, _ = repeated_folds(targets, groups, 5, 4, seed=1)
    for row in folds:
        for c in (0, 1):
            counts = np.bincount(row[targets == c], minlength=5)
            assert np.ptp(counts) <= 4


def test_few_groups_make_fewer_folds_and_say_so():
    folds, note = repeated_folds(np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2]), 5, 1, seed=0)
    assert folds.max() == 2
    assert note == ("3 folds instead of 5, because the items form only 3 groups")
    _, told = repeated_folds(np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2]), 5, 1, 0, "domain")
    assert told == "3 folds instead of 5, because the items form only 3 domains"


def test_rare_classes_work_and_are_noted():
    targets = np.array([0] * 40 + [1] * 3 + [2])
    folds, note = repeated_folds(targets, np.arange(44), 5, 2, seed=0)
    for row in folds:
        assert len(set(row[targets == 1])) == 3
    assert note == (
        "1 class is in one group only, so never learnt and scored together; "
        "1 class is in fewer groups than folds, so missing from some folds"
    )


def test_the_few_groups_of_a_rare_class_do_not_end_up_together():
    """Four patients without a defect, and two with one each: a fold for training always knows one of them."""
    sizes = [(20, 0)] * 4 + [(6, 1), (5, 1)]
    targets = np.concatenate([np.repeat([0, 1], size) for size in sizes])
    groups = np.repeat(np.arange(6), [sum(size) for size in sizes])
    for seed in range(20):
        folds, note = repeated_folds(targets, groups, 5, 3, seed=seed)
        assert all(len(set(row[targets == 1])) == 2 for row in folds)
        assert note == "1 class is in fewer groups than folds, so missing from some folds"


def test_a_class_whose_groups_share_a_fold_is_noted():
    codes, members, sizes = np.array([0, 0, 1, 1, 1]), np.arange(5), np.ones(5, dtype=np.int64)
    apart, together = np.array([[0, 1, 0, 1, 1]]), np.array([[0, 0, 1, 1, 0]])
    assert _note(codes, members, sizes, 2, apart, "group") == ""
    expected = "1 class is in one fold only, so never learnt and scored together"
    assert _note(codes, members, sizes, 2, together, "group") == expected
    assert _note(codes, members, sizes, 2, np.concatenate([apart, together]), "group") == expected


def test_a_giant_group_sits_in_one_fold():
    targets = np.arange(100) % 2
    groups = np.where(np.arange(100) < 70, 0, np.arange(100))
    folds, note = repeated_folds(targets, groups, 5, 1, seed=0)
    giant = folds[0, 0]
    assert set(folds[0, :70]) == {giant}
    rest = np.bincount(folds[0, 70:], minlength=5)
    assert rest[giant] == 0
    assert np.ptp(np.delete(rest, giant)) <= 2
    assert note == "uneven folds, because one group holds 70% of the items"


def test_many_items_of_many_classes_are_dealt_evenly():
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 200, size=20_000)
    folds, note = repeated_folds(targets, np.arange(20_000), 5, 1, seed=0)
    table = np.zeros((5, 200))
    np.add.at(table, (folds[0], targets), 1)
    assert np.ptp(table, axis=0).max() <= 1
    assert np.ptp(table.sum(1)) <= 1
    assert note == ""


@pytest.mark.parametrize(
    ("targets", "groups", "folds", "repeats", "message"),
    [
        ([0, 1], [0, 1], 1, 1, "at least 2 folds, 1 asked for"),
        ([0, 1], [0, 1], 2, 0, "at least 1 repeat, 0 asked for"),
        ([0, 1], [0], 2, 1, "a target and a group: got 2 and 1"),
        ([0, 1], [3, 3], 2, 1, "All 2 items are tied into one group"),
    ],
)
def test_what_cannot_be_folded_is_said(targets, groups, folds, repeats, message):
    with pytest.raises(UserError, match=message):
        repeated_folds(np.array(targets), np.array(groups), folds, repeats, 0)


def test_all_problems_come_at_once():
    with pytest.raises(UserError) as caught:
        repeated_folds(np.array([0, 1]), np.array([0, 0]), 1, 0, 0)
    assert len(caught.value.problems) == 3


def test_the_scheme_is_what_was_run():
    folds = np.tile(np.arange(20) % 5, (3, 1))
    whole = np.ones((3, 20))
    once = np.where(np.arange(3)[:, None] == 0, whole, np.nan)
    assert scheme(whole, folds) == "3 x 5-fold cross-validation"
    assert scheme(once, folds) == "5-fold cross-validation"
    assert scheme(np.where(folds < 2, once, np.nan), folds) == "2 of the 5 splits of 5-fold cross-validation"
    cut = np.where((np.arange(3)[:, None] == 1) & (folds > 1), np.nan, whole)
    cut[2] = np.nan
    assert scheme(cut, folds) == "7 of the 10 splits of 2 x 5-fold cross-validation"
