import numpy as np
import pytest

from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.data._arrow import text_items
from headstart.data._check import Checked, Places, check
from headstart.data._rows import Rows

WORDS = ["sun", "rain", "wind", "snow", "hail", "fog", "frost", "storm", "cloud", "dew", "mist", "sleet"]


def text(number: int) -> str:
    return f"the {WORDS[number % 12]} of day {number} came with {WORDS[(number // 12) % 12]}"


def rows(labels: list, texts: list | None = None, test: list[int] | None = None, groups: list | None = None, **fields):
    n = len(labels)
    is_test = np.isin(np.arange(n), test or [])
    items = text_items(texts or [text(number) for number in range(n)])
    ids = [f"i{number}" for number in range(n)]
    return Rows(
        modality="text", ids=ids, items=items, labels=labels, group_keys=groups, is_test=is_test,
        unreadable=fields.get("unreadable", {}), domains=fields.get("domains"),
    )  # fmt: skip


def checked(*arguments, named: bool = False, **fields) -> Checked:
    return check(
        rows(*arguments, **fields),
        places=Places(labels="column 'y'", domains="column 'd'"),
        group_named=named,
        progress=Silent(),
    )


def codes(found: Checked) -> list[str]:
    return [issue.code for issue in found.issues]


def test_good_rows_pass_untouched():
    found = checked(["a", "b"] * 5)
    assert list(found.labels) == ["a", "b"] * 5
    assert found.groups.tolist() == list(range(10))
    assert len(set(found.digests)) == 10
    assert list(found.issues) == []


def test_bad_rows_are_left_out_and_named():
    texts = [text(number) for number in range(16)]
    texts[0] = "  "
    found = checked(["a", "b"] * 5 + [None, "a"] + ["a", "b"] * 2, texts, unreadable={2: "it is damaged"})
    assert found.rows.ids == [f"i{number}" for number in (1, *range(3, 10), *range(11, 16))]
    assert {issue.code: issue.items for issue in found.issues} == {
        "unreadable": ("i2",), "empty_text": ("i0",), "empty_label": ("i10",),
    }  # fmt: skip


def test_all_problems_come_at_once():
    labels = ["a"] * 6 + [None] * 3 + ["b"]
    with pytest.raises(UserError) as caught:
        checked(labels, test=[9], unreadable=dict.fromkeys((0, 1, 9), "it is damaged"))
    assert [problem.split(" (")[0] for problem in caught.value.problems] == [
        "3 items of 10 could not be read",
        "3 items of 10 without a label",
        "All training items are labelled 'a' in column 'y'; at least two classes are needed.",
        "The test split has the labels 'b', which no training item has; training has 'a'.",
        "No item of the test split can be used; repair it or leave it out.",
    ]


def test_labels_that_are_no_classes_are_refused():
    with pytest.raises(UserError, match="looks like a name or an id"):
        checked([f"user{number}" for number in range(40)])


def test_classes_spelt_alike_are_mentioned():
    found = checked(["Cat", "cat", "dog"] * 4)
    assert codes(found) == ["similar_classes"]
    assert found.issues[0].message == "Classes 'Cat' and 'cat' have almost the same name: are they one?"


def test_copies_and_groups_are_tied():
    texts = [text(number) for number in range(10)]
    texts[3] = texts[2].upper()
    found = checked(["a", "b"] * 5, texts, groups=[1, 1, None, None, 5, 6, None, 7, 7, None], named=True)
    groups = found.groups.tolist()
    assert groups[0] == groups[1] != groups[2] == groups[3]
    assert groups[7] == groups[8]
    assert len(set(groups)) == 7


def test_a_training_copy_of_a_test_item_is_removed():
    texts = [text(number) for number in range(12)]
    texts[0], texts[2] = texts[10] + "!", texts[11]
    found = checked(["a", "b"] * 6, texts, test=[10, 11])
    leak = next(issue for issue in found.issues if issue.code == "leak")
    assert leak.items == ("i0", "i2")
    assert found.rows.ids == ["i1", *(f"i{number}" for number in range(3, 12))]
    assert found.rows.is_test.sum() == 2


def test_a_named_group_is_enforced_and_a_found_one_may_cost_little():
    groups = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3]
    labels = ["a", "b"] * 5
    named = checked(labels, test=[8, 9], groups=groups, named=True)
    assert "group_leak" in codes(named)
    assert named.rows.ids == ["i0", "i1", "i4", "i5", "i6", "i7", "i8", "i9"]
    found = checked(labels, test=[8, 9], groups=groups)
    assert codes(found) == ["group_dropped"]
    assert found.rows.group_keys is None
    assert len(found.rows) == 10


def test_nothing_that_is_tied_straddles_the_split():
    texts = [text(number) for number in range(12)]
    texts[1] = texts[0] + "!"  # a copy of the item that shares a patient with a test item
    groups = ["patient", None, *[None] * 9, "patient"]
    found = checked(["a", "b"] * 6, texts, test=[10, 11], groups=groups, named=True)
    assert found.rows.ids == [f"i{number}" for number in range(2, 12)]
    assert not set(found.groups[~found.rows.is_test]) & set(found.groups[found.rows.is_test])


def test_classes_too_small_are_left_out():
    labels = ["a", "b"] * 5 + ["c", "c", "d"]
    texts = [text(number) for number in range(13)]
    texts[11] = texts[10]  # two items, but one and the same
    found = checked(labels, texts)
    tiny = next(issue for issue in found.issues if issue.code == "tiny_class")
    assert (tiny.severity, tiny.items) == ("warning", ("c", "d"))
    assert "2 classes with fewer than two usable training items" in tiny.message
    assert "so 3 items" in tiny.message
    assert set(found.labels) == {"a", "b"}


def test_fewer_than_two_classes_left_is_an_error():
    with pytest.raises(UserError) as caught:
        checked(["a", "a", "b"])
    assert str(caught.value) == (
        "Fewer than two classes have at least two usable training items (copies and groups count once): "
        "'a' has 2, 'b' has 1. Add items."
    )
    with pytest.raises(UserError, match=r"'b' has 1\. 2 of 4 items are copies of others, or nearly, or in one group"):
        checked(["a", "a", "b", "b"], [text(0), text(0), text(1), text(1)])


def test_a_test_split_that_takes_all_training_items_is_named_as_the_cause():
    texts = [text(number % 6) for number in range(12)]
    with pytest.raises(UserError) as caught:
        checked(["a", "b"] * 6, texts, test=list(range(6, 12)))
    assert str(caught.value) == (
        "Of 6 training items, 6 with a copy in the test split had to go, which leaves fewer than two classes with at "
        "least two usable ones (copies and groups count once): 'a' has 0, 'b' has 0; test on other items, give no "
        "test split, or add training items."
    )
    texts = [text(6), *map(text, range(1, 12))]
    with pytest.raises(UserError) as caught:
        checked(["a", "b"] * 6, texts, test=list(range(6, 12)), groups=[*range(6)] * 2, named=True)
    assert str(caught.value).startswith(
        "Of 6 training items, 1 with a copy in the test split and 5 with others of their group in the test split had "
        "to go, which leaves"
    )


def test_notes_on_balance_and_length():
    texts = [text(number) for number in range(24)]
    texts[0] = texts[0] * 100
    assert codes(checked(["a"] * 22 + ["b"] * 2, texts)) == ["imbalance", "long_text"]


def test_items_of_one_domain_are_never_tied_to_those_of_another():
    texts = [text(number) for number in range(16)]
    texts[3] = texts[9] = texts[0]
    domains = ["x", "x", "x", "y"] * 2 + ["y"] * 8
    found = checked(
        ["a", "b"] * 5 + ["a"] + ["b"] + ["a", "b"] * 2, texts, groups=["p", None, "p"] + [None] * 13, domains=domains
    )
    told = {issue.code: issue for issue in found.issues}
    # 0, 2, 3 and 9 are tied, two of either domain: the first by name keeps its own
    assert told["shared_by_domains"].items == ("i3", "i9")
    assert told["shared_by_domains"].message == (
        "Left out: 2 items that another domain has, too, as a copy or by others of the same group: 'i3' and 'i9'. "
        "Domains are scored by models that have not seen their items."
    )
    pairs = set(zip(found.groups.tolist(), found.rows.domains, strict=True))
    assert len(pairs) == len(set(found.groups.tolist()))


def test_training_items_need_a_domain_and_test_items_do_not():
    domains = [None, *"xxyy" * 4, "x", "x", None]
    found = checked(["a", "b"] * 10, test=[18, 19], domains=domains)
    told = {issue.code: issue for issue in found.issues}
    assert told["empty_domain"].items == ("i0",)
    assert told["empty_domain"].message == "Left out: 1 item without a domain ('i0')."
    assert found.rows.domains[-1] is None


def test_one_domain_is_none():
    with pytest.raises(UserError) as caught:
        checked(["a", "b"] * 5, test=[9], domains=["x"] * 9 + ["y"])
    assert str(caught.value) == (
        "A model is learnt across two domains at least, and column 'd' names one only ('x'); add items, or leave "
        "--domain (domain=) out."
    )


def test_a_class_of_one_domain_is_named():
    found = checked(["a", "b"] * 6 + ["c"] * 3, domains=["x", "x", "y", "y"] * 3 + ["x"] * 3)
    told = {issue.code: issue for issue in found.issues}
    assert told["one_domain_class"].items == ("c",)
    assert told["one_domain_class"].message == (
        "1 class in one domain only, 'c': models that have not learnt from that domain cannot know it, and the scores "
        "count it as wrong."
    )


def test_a_domain_that_is_all_copies_is_none():
    texts = [text(number) for number in range(12)]
    texts[10:] = texts[:2]
    with pytest.raises(UserError, match="of those in column 'd' the usable training items have one only \\('x'\\)"):
        checked(["a", "b"] * 6, texts, domains=["x"] * 10 + ["y"] * 2)


def test_what_copies_in_other_domains_leave_is_said_without_a_word_on_tests():
    texts = [text(number) for number in range(9)]
    texts[5:] = [texts[0]] * 4
    with pytest.raises(
        UserError, match=r"4 with a copy or others of their group in another domain had to go.*; add training"
    ):
        checked(["a"] + ["b"] * 4 + ["a"] * 4, texts, domains=["w"] * 5 + ["x", "y", "z", "v"])
