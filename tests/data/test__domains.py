import numpy as np

from headstart.data._domains import domain_names, parted, too_few_domains, without_domain

NO_TEST = np.zeros(6, dtype=bool)


def test_names_are_texts_and_empty_cells_have_none():
    assert domain_names(["a ", "", None, float("nan"), 2.0, 2, 2.5, True]) == [
        "a",
        None,
        None,
        None,
        "2",
        "2",
        "2.5",
        "True",
    ]


def test_rows_without_a_domain_are_those_that_train():
    test = np.array([False, False, True])
    assert without_domain(["a", None, None], test).tolist() == [False, True, False]
    assert without_domain(None, test).tolist() == [False, False, False]


def test_two_domains_will_do():
    assert too_few_domains(["a", "b", None], np.zeros(3, dtype=bool), "column 'd'") == []
    (none,) = too_few_domains([None, None], np.zeros(2, dtype=bool), "column 'd'")
    assert none == (
        "A model is learnt across two domains at least, and column 'd' names none; add items, or leave "
        "--domain (domain=) out."
    )
    (one,) = too_few_domains(["a", "b"], np.array([False, True]), "column 'd'", [])
    assert one == (
        "A model is learnt across two domains at least, and of those in column 'd' the usable training items have one "
        "only ('a'); add items, or leave --domain (domain=) out."
    )
    (why,) = too_few_domains(["a", "b"], np.array([False, True]), "column 'd'", ["3 with a copy in another domain"])
    assert "have one only ('a') (left out before: 3 with a copy in another domain); add" in why


def test_of_tied_items_those_of_the_most_frequent_domain_stay():
    ids, domains = [f"i{n}" for n in range(6)], ["b", "a", "b", "a", "c", "a"]
    gone, issues = parted(ids, domains, np.array([0, 0, 0, 1, 1, 2]), ~NO_TEST)
    assert gone.tolist() == [False, True, False, False, True, False]
    assert [each.code for each in issues] == ["shared_by_domains"]
    usual = np.array([False, True, False, True, True, True])  # the others go in any case
    assert parted(ids, domains, np.array([0, 0, 0, 1, 1, 2]), usual)[0].tolist() == [False] * 4 + [True, False]


def test_nothing_goes_where_nothing_is_tied():
    gone, issues = parted(["i0", "i1"], ["a", "b"], np.array([0, 1]), np.ones(2, dtype=bool))
    assert (gone.any(), issues) == (False, [])


def test_domains_of_which_nothing_is_left_are_named():
    _, (found,) = parted(["i0", "i1", "i2"], ["a", "b", "a"], np.array([0, 0, 1]), np.ones(3, dtype=bool))
    assert found.message.endswith("have not seen their items. Nothing is left of 'b'.")
