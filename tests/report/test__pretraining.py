"""What the distance from the pretraining says, word by word."""

from dataclasses import replace

import pytest

from headstart.core.domain_card import FromPretraining, FromVocabulary
from headstart.report import _pretraining
from headstart.report.html import render
from tests.report.sample import solar, tweets


def known() -> FromPretraining:
    found = solar().pretraining
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("distance", "told"),
    [
        (0.011, "nearer than colour photographs (0.02) are to ImageNet."),
        (0.03, "further than colour photographs (0.02) from ImageNet, and less far than grey photographs (0.04)."),
        (0.119, "about as far as handwritten digits (0.12) from ImageNet."),
        (0.4, "further than noise (0.17) from ImageNet."),
    ],
)
def test_pictures_are_placed_on_the_scale(distance: float, told: str):
    found = replace(known(), distance=distance)
    assert _pretraining.answer(found, "image") == f"{distance:.2f} (0.11 to 0.12), where 0 is the same: {told}"


def test_the_scale_is_of_pictures():
    assert _pretraining.answer(known(), "audio") == "0.12 (0.11 to 0.12), where 0 is the same."


def test_the_block_that_sees_the_most_is_named():
    first, second = known().blocks
    assert _pretraining.where(known()) == (
        "The most is in the first of 2 blocks (0.18): low-level appearance, such as colour, contrast or sharpness, is "
        "unusual for it."
    )
    assert _pretraining.where(replace(known(), blocks=(second, first))) == "The most is in block 2 of 2 (0.18)."
    assert _pretraining.where(replace(known(), blocks=(first,))) == ""


def test_the_report_has_it_where_it_is_known():
    question = "How far are the training items from the model’s pretraining?"
    assert question in render(solar(), run="runs/x")
    assert question not in render(replace(solar(), pretraining=None), run="runs/x")


def test_a_vocabulary_is_placed_among_languages():
    found = FromVocabulary(items=400, pieces=1.42, low=1.39, high=1.46, unknown=0.004)
    assert _pretraining.words(found) == (
        "Its vocabulary cuts their words into 1.42 pieces each (1.39 to 1.46), signs included; words that were common "
        "in its pretraining stay whole. An English vocabulary makes 2.0 of English, 2.6 of French, 3.3 of German and "
        "6.7 of Russian."
    )
    assert _pretraining.words(found) in render(tweets(), run="runs/x")


def test_pieces_that_are_unknown_are_told():
    found = FromVocabulary(items=400, pieces=3.2, low=3.1, high=3.3, unknown=0.55)
    said = " 55% of the pieces are unknown to it: it cannot tell them from one another."
    assert _pretraining.words(found).endswith(said)
