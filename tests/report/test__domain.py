"""What cards say, word by word."""

from dataclasses import replace

import pytest

from headstart.core.domain_card import Distance
from headstart.report import _domain
from headstart.report.html import render
from tests.report.cards import other_frequencies, other_site, same
from tests.report.sample import solar


def test_another_domain():
    card = other_site()
    assert _domain.question(card) == "Are test items of the same domain as training items?"
    assert _domain.answer(card) == (
        "No: a classifier tells test items from training items in 98% of cases, where guessing gives 50% (p = .005, "
        "classes held equal)."
    )
    assert _domain.follows(card) == [
        "Visible differences: brightness 0.287 and not 0.412; longer side (pixels) 1,280 and not 300.",
        "38% of test items are like nothing among training items, where 5% would be usual: items of another kind, "
        "perhaps of classes that were not learnt, or the usual ones in another look.",
        "What holds for training items may not hold for test items; a score on these very items says how much does.",
    ]
    assert _domain.in_short(card) == (
        "The test items are of another domain than the training items: a classifier tells them apart in 98% of cases; "
        "brightness 0.287 and not 0.412."
    )


def test_where_in_the_body_they_part():
    card = other_site()
    assert _domain.first_apart(card) == (
        "They part from block 2 of 3 (stage 1) on: what the first blocks see, such as colour or sharpness, is more "
        "alike than what is shown."
    )
    early = replace(card, blocks=card.blocks[1:])
    assert _domain.first_apart(early).startswith("They part in the first of 2 blocks: low-level appearance differs,")
    near = replace(card.blocks[0], separability=card.blocks[0].separability)
    assert _domain.first_apart(replace(card, blocks=(near, near))) == (
        "No single block tells them apart by what it gives on average."
    )
    assert _domain.first_apart(same()) == ""
    page = render(replace(solar(), domains=(card,)), run="runs/x")
    assert "Block, from input to output" in page
    assert "Block, from input to output" not in render(replace(solar(), domains=(same(),)), run="runs/x")


def test_one_domain():
    assert _domain.answer(same()) == (
        "They cannot be told apart: nothing speaks for another domain (p = .44, classes held equal)."
    )
    assert _domain.follows(same()) == []


def test_classes_of_other_frequencies():
    card = other_frequencies()
    assert _domain.answer(card) == (
        "They differ in how frequent classes are, and in nothing else that shows (p = .37, classes held equal)."
    )
    assert _domain.follows(card) == [_domain.KINDS["classes"]]


def test_without_labels_there_is_nothing_to_hold_equal():
    card = replace(other_site(), within=None, kinds=("content",), differing=())
    assert _domain.follows(card) == [
        _domain.KINDS["content"],
        "What holds for training items may not hold for test items; a score on some that are labelled says how much "
        "does.",
    ]
    assert _domain.in_short(card).endswith("apart in 98% of cases.")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.00514, "0.00514"),
        (0.0000042, "0.000004"),
        (0.0, "0.00"),
        (-0.2871, "\N{MINUS SIGN}0.287"),
        (1.391, "1.39"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1280.0, "1,280"),
    ],
)
def test_amounts(value: float, said: str):
    assert _domain.amount(value) == said


def test_accuracy_stands_for_the_distance():
    for value, accuracy in ((0.0, 0.5), (1.0, 0.75), (2.0, 1.0)):
        card = replace(same(), separability=Distance(value=value, null_mean=0, null_high=0, p=1))
        assert _domain.told_apart(card) == accuracy


def test_the_page_shows_cards_and_nothing_without():
    bare = render(solar(), run="runs/x")
    assert 'id="domain"' not in bare
    page = render(replace(solar(), domains=(other_site(), same())), run="runs/x")
    assert 'id="domain"' in page
    assert 'id="domain2"' in page
    assert 'href="#domain"' in page
    for said in (
        "Least like training items",
        "Most like training items",
        "poly/far0.png",
        "0.287",
        "brightness",
        "p = .44",
    ):
        assert said in page
    assert page.count("poly/far0.png") == 2  # its name and its picture; of one domain there is none to show


def test_where_the_classifier_found_nothing_it_is_not_quoted():
    found = other_site()
    card = replace(found, separability=replace(found.separability, p=0.2), within=None, differing=())
    assert _domain.answer(card) == "No: they are further apart than one domain split at random (p = .005)."
    assert _domain.in_short(card) == "The test items are of another domain than the training items."
