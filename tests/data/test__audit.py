import numpy as np
import pytest

from headstart.core.dataset import Issue
from headstart.core.errors import UserError
from headstart.data import _audit
from headstart.data._duplicates import Ties
from headstart.data._finding import Finding

GOOD = Finding(digest="d")


def ids(n: int) -> list[str]:
    return [f"i{number}" for number in range(n)]


def ties(exact: list[int], near: list[int] | None = None) -> Ties:
    return Ties(bytes=np.array(exact), exact=np.array(exact), near=np.array(near or exact))


def test_errors_come_first():
    found = [
        Issue(code="c", severity="note", message=""),
        Issue(code="a", severity="error", message=""),
        Issue(code="b", severity="warning", message=""),
    ]
    assert [issue.code for issue in _audit.ordered(found)] == ["a", "b", "c"]


def test_issues_print_without_their_items():
    found = [Issue(code="leak", severity="warning", message="Two leak.", items=("x", "y"), count=2)]
    assert str(_audit.ordered(found)) == repr(_audit.ordered(found)) == "warning: Two leak."
    assert str(_audit.ordered([])) == "No issues found."


def test_what_cannot_be_used_is_named_with_its_reason():
    problems: list[str] = []
    findings = [GOOD] * 16 + [Finding(problem="it is empty (0 bytes)"), Finding(problem="it holds no text"), GOOD]
    mask, found = _audit.unusable(ids(19), findings, ["a"] * 18 + [None], np.zeros(19, dtype=bool), problems)
    assert mask.tolist() == [False] * 16 + [True] * 3
    assert {issue.code: issue.message for issue in found} == {
        "unreadable": "Left out: 1 item could not be read ('i16': it is empty (0 bytes)).",
        "empty_text": "Left out: 1 item without any text ('i17').",
        "empty_label": "Left out: 1 item without a label ('i18').",
    }
    assert [issue.items for issue in found] == [("i16",), ("i17",), ("i18",)]
    assert problems == []


def test_too_much_of_a_kind_is_a_problem():
    problems: list[str] = []
    findings = [GOOD] * 6 + [Finding(problem="it is damaged")] * 4
    _audit.unusable(ids(10), findings, ["a"] * 7 + [None] * 3, np.zeros(10, dtype=bool), problems)
    assert problems == [
        "4 items of 10 could not be read ('i6': it is damaged; 'i7': it is damaged; 'i8': it is damaged; and 1 more), "
        "and at most 20% may be left out; repair or remove them.",
        "3 items of 10 without a label ('i7'; 'i8'; 'i9'), and at most 20% may be left out; label or remove them.",
    ]


def test_too_much_of_all_kinds_together_is_a_problem():
    problems: list[str] = []
    findings = [GOOD] * 6 + [Finding(problem="it is damaged")] * 2 + [Finding(problem="it holds no text"), GOOD]
    mask, found = _audit.unusable(ids(10), findings, ["a"] * 8 + [None] * 2, np.zeros(10, dtype=bool), problems)
    assert mask.sum() == 4
    assert len(found) == 3
    assert problems == [
        "4 items of 10 cannot be used (2 could not be read, 1 without any text, 2 without a label), and at most 20% "
        "may be left out; repair or complete them, or remove them."
    ]


def test_odd_images_are_counted_by_kind():
    findings = [Finding(odd=("cmyk", "wrong_extension")), Finding(), Finding(odd=("cmyk",))]
    found = _audit.odd_images(ids(3), findings)
    assert [(issue.code, issue.severity, issue.items) for issue in found] == [
        ("wrong_extension", "warning", ("i0",)),
        ("cmyk", "note", ("i0", "i2")),
    ]
    assert found[1].message == "2 images in the colours of printing (CMYK), converted to RGB: 'i0' and 'i2'."


def test_every_oddity_of_an_image_has_a_sentence(picture):
    from io import BytesIO

    from headstart.data._image import decode

    buffer = BytesIO()
    picture(1).save(buffer, "PNG")
    assert decode(buffer.getvalue(), "a.gif").odd == ("wrong_extension",)
    assert set(_audit.ODDITIES) == {
        "wrong_extension", "more_channels", "cmyk", "deep_grey", "transparent", "tiny_image", "extreme_aspect",
        "animation",
    }  # fmt: skip


def test_long_texts():
    assert _audit.long_texts(["a"], [2000]) == []
    (found,) = _audit.long_texts(["a", "b"], [10, 2001])
    assert (found.code, found.items) == ("long_text", ("b",))
    assert found.message == "1 text of more than 2,000 characters: models read only the beginning."


def test_copies_are_named_by_kind():
    found = _audit.duplicates(ids(6), ["a", "a", "a", "b", "c", "c"], ties([0, 0, 1, 1, 2, 3], [0, 0, 1, 1, 2, 2]))
    assert {issue.code: (issue.items, issue.message) for issue in found} == {
        "exact_duplicates": (
            ("i0", "i1", "i2", "i3"),
            "4 items in 2 sets are exact copies, which no split parts: 'i0' and 'i1', for one.",
        ),
        "near_duplicates": (
            ("i4", "i5"),
            "2 items in 1 set are nearly the same, and no split parts them: 'i4' and 'i5'.",
        ),
        "conflicting_duplicates": (
            ("i2", "i3"),
            "2 items in 1 set are identical but labelled differently, so some of these labels are wrong: "
            "'i2' is 'a', 'i3' is 'b'. No model can be right on more than 83% of all items.",
        ),
    }
    assert _audit.duplicates(ids(2), ["a", "b"], ties([0, 1])) == []


@pytest.mark.parametrize(("items", "told"), [(100, True), (101, False)])
def test_the_ceiling_that_contradictions_set_is_told_from_a_hundredth_on(items: int, told: bool):
    labels = ["a", "b"] + ["a"] * (items - 2)
    found = _audit.duplicates(ids(items), labels, ties([0, 0, *range(1, items - 1)]))
    message = next(issue.message for issue in found if issue.code == "conflicting_duplicates")
    assert message.endswith(" No model can be right on more than 99% of all items.") == told


def test_labels_that_contradict_each_other_in_most_items_are_refused():
    tied = ties([0, 0, 0, 1, 1, 2])
    _audit.refuse_contradicted(ids(6), list("aaabba"), tied)
    _audit.refuse_contradicted(ids(6), list("aabbab"), tied)
    with pytest.raises(UserError) as caught:
        _audit.refuse_contradicted(ids(5), list("aabab"), ties([0, 0, 0, 1, 1]))
    assert str(caught.value) == (
        "5 of 5 items are identical to one with another label ('i0' is 'a', 'i2' is 'b'): nothing can be right on more "
        "than 60% of them. Give every item one label."
    )


def test_one_slip_among_many_copies_is_no_reason_to_refuse():
    _audit.refuse_contradicted(ids(100), ["a"] * 60 + ["b"] * 40, ties([0] * 61 + list(range(1, 40))))


def test_leaks_leave_the_training_side_only():
    is_test = np.array([False, False, False, True, True])
    mask, found = _audit.leaks(ids(5), is_test, ties([0, 1, 2, 0, 0]), np.array([0, 1, 2, 3, 1]))
    assert mask.tolist() == [True, True, False, False, False]
    assert [(issue.code, issue.items) for issue in found] == [("leak", ("i0",)), ("group_leak", ("i1",))]
    assert found[0].message == "1 training item removed because the test split holds a copy: 'i0' is 'i3' there."
    assert (
        found[1].message
        == "1 training item removed because the test split holds others of the group, or of a copy's group."
    )
    mask, found = _audit.leaks(ids(5), is_test, ties([0, 1, 2, 3, 4]), None)
    assert not mask.any()
    assert found == []


def test_leaks_reach_through_copies_and_groups_alike():
    is_test = np.array([False, False, False, False, True])
    # i0 shares its group with the test item, i1 is a copy of i0, i2 shares its group with i1; i3 is alone.
    mask, found = _audit.leaks(ids(5), is_test, ties([0, 1, 2, 3, 4], [0, 0, 2, 3, 4]), np.array([7, 1, 1, 3, 7]))
    assert mask.tolist() == [True, True, True, False, False]
    assert [(issue.code, issue.items) for issue in found] == [("group_leak", ("i0", "i1", "i2"))]


def test_independent_items_count_groups_once():
    sizes = _audit.independent_items(
        list("aaabc"), np.array([0, 0, 1, 2, 3]), np.array([True, True, True, True, False])
    )
    assert sizes == {"a": 2, "b": 1, "c": 0}


@pytest.mark.parametrize(("labels", "codes"), [("a" * 10 + "b", ["imbalance"]), ("a" * 9 + "b", [])])
def test_unequal_classes(labels: str, codes: list[str]):
    assert [issue.code for issue in _audit.balance(list(labels))] == codes


def test_classes_without_a_test_item_are_named():
    (found,) = _audit.untested(("a", "b", "c"), np.array([0, 0]))
    assert (found.code, found.severity, found.items) == ("untested_class", "warning", ("b", "c"))
    assert found.message == "The test split has no item of 2 classes: 'b' and 'c'."
    assert _audit.untested(("a", "b"), np.array([1, 0])) == []
    assert _audit.untested(("a", "b"), np.array([], dtype=np.int64)) == []
