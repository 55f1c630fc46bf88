from __future__ import annotations

import numpy as np
import pytest

from headstart.core.errors import UserError
from headstart.data._odd_domains import in_one_domain, odd_domains, refuse_confounded, seen_in_test

WHERE = "column 'd'"


def said(labels: list[str], domains: list[str]) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in odd_domains(labels, domains, WHERE)]


def test_nothing_is_said_of_sane_domains():
    assert said(["a", "b"] * 20, ["x"] * 20 + ["y"] * 20) == []


def test_classes_of_one_domain_are_named():
    assert in_one_domain(["a", "a", "b", "b"], ["x", "y", "x", "y"]) == []
    (found,) = in_one_domain(["a", "a", "b", "b"], ["x", "y", "x", "x"])
    assert (found.code, found.items) == ("one_domain_class", ("b",))


def test_domains_of_test_items_that_are_learnt_from_are_named():
    test = np.array([False, False, True, True, True])
    (found,) = seen_in_test(["a", "b", "b", "c", None], test)
    assert (found.code, found.items) == ("seen_domains", ("b",))
    assert found.message == (
        "1 of 2 domains of the test items is learnt from, too ('b'): their scores are not those of unseen domains."
    )
    assert seen_in_test(["a", "b", "c", None, None], test) == []


def test_classes_that_are_domains_cannot_be_learnt_across_them():
    with pytest.raises(UserError) as caught:
        refuse_confounded(["a", "a", "b"], ["x", "x", "y"], WHERE, [])
    assert caught.value.problems == (
        "Every class of the usable training items is in a single one of the domains in column 'd': models that have "
        "not learnt from a domain cannot know its classes. Name other domains, or leave --domain (domain=) out.",
    )
    with pytest.raises(UserError, match=r"column 'd' \(left out before: 2 with a copy, 1 of another group\): models"):
        refuse_confounded(["a", "b"], ["x", "y"], WHERE, ["2 with a copy", "1 of another group"])
    refuse_confounded(["a", "a", "b"], ["x", "y", "y"], WHERE, [])


def test_domains_of_one_class_each_are_pointed_out():
    labels, domains = ["a"] * 20 + ["b"] * 20, ["w", "x"] * 10 + ["y", "z"] * 10
    assert said(labels, domains) == [
        (
            "one_class_domains",
            "Every domain holds items of one class only: whatever tells domains apart passes for what tells classes "
            "apart, and no score here can show the difference.",
        )
    ]
    assert said([*labels, "b"], [*domains, "x"]) == []


def test_names_of_items_are_no_domains():
    found = dict(said(["a", "b"] * 10, [f"i{row}" for row in range(18)] + ["i1", "i0"]))
    assert list(found) == ["many_domains"]
    assert found["many_domains"] == (
        "Column 'd' names 18 domains for 20 items, which looks like a name or an id of the items: are they domains?"
    )


def test_measurements_are_no_domains():
    steps = [str(number / 2) for number in range(22) for _ in range(2)]
    assert said(["a", "b"] * 22, steps) == [
        (
            "measured_domains",
            "The domains in column 'd' look like measurements ('0.0', '0.5', '1.0' and 19 more): are they domains?",
        )
    ]
    assert said(["a", "b"] * 20, ["2.1"] * 20 + ["2.2"] * 20) == []  # versions
    assert said(["a", "b"] * 20, ["1"] * 20 + ["2"] * 20) == []


def test_domains_of_almost_the_same_name_are_pointed_out():
    ((code, message),) = said(["a", "b"] * 30, ["Shop"] * 20 + ["shop "] * 20 + ["kiosk"] * 20)
    assert (code, message) == (
        "similar_domains",
        "Domains 'Shop' and 'shop ' have almost the same name: are they one?",
    )


def test_tiny_domains_among_others_are_named():
    labels = ["a", "b"] * 23
    ((code, message),) = said(labels, ["x"] * 20 + ["y"] * 20 + ["z"] * 6)
    assert (code, message) == (
        "small_domain",
        "1 domain with fewer than 10 items ('z' 6): their own scores say next to nothing, and widen the "
        "interval over domains. Add items, or leave them out.",
    )
    assert said(labels, ["x"] * 30 + ["y"] * 8 + ["z"] * 8) == []  # most are small: so are the data
