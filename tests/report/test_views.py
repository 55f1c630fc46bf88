import dataclasses

import pytest

from headstart.report import _views as views
from tests.report import sample


def test_few_classes_are_all_shown(tweets):
    shown, folded = views.class_bars(tweets)
    assert [(bar.label, bar.amount) for bar in shown] == [("negative", 323), ("neutral", 301), ("positive", 140)]
    assert shown[0].share == 1
    assert shown[2].share == pytest.approx(140 / 323)
    assert folded == []


def test_of_many_classes_the_largest_and_smallest_are_shown():
    results = sample.many_classes(120)
    shown, folded = views.class_bars(results)
    assert [bar.label for bar in shown][:2] == ["species 119", "species 118"]
    assert [bar.label for bar in shown][-1] == "species 000"
    assert len(shown) + len(folded) == 120
    assert {bar.label for bar in shown}.isdisjoint(bar.label for bar in folded)


def test_bars_of_nothing_have_no_length():
    assert [bar.share for bar in views.bars({"a": 0, "b": 0})] == [0, 0]
    assert views.bars({}) == []


def test_rows_of_the_matrix_are_shares_of_their_label(solar):
    (label, cells, total), _ = views.matrix(solar)
    assert (label, total) == ("defective", 260)
    assert [(cell.count, round(cell.share, 3), cell.right) for cell in cells] == [
        (203, 0.781, True),
        (57, 0.219, False),
    ]


def test_a_class_without_scored_items_has_shares_of_nothing(solar):
    empty = dataclasses.replace(solar, confusion=((0, 0), (1, 2)))
    assert [cell.share for cell in views.matrix(empty)[0][1]] == [0, 0]
    assert [each.name for each in views.hardest(empty)] == ["intact"]


def test_confused_pairs_come_by_number(tweets):
    pairs = views.confused_pairs(tweets, most=3)
    assert [(pair.truth, pair.predicted, pair.count) for pair in pairs] == [
        ("neutral", "negative", 61),
        ("negative", "neutral", 58),
        ("positive", "negative", 42),
    ]
    assert pairs[0].share == pytest.approx(61 / 301)


def test_hardest_classes_come_first(tweets):
    assert [(each.name, each.right, each.total) for each in views.hardest(tweets, most=1)] == [("positive", 69, 140)]


def test_small_classes_share_grey_in_the_map(tweets):
    assert views.colours(tweets) == ["c0", "c1", "c2"]
    assert views.legend(tweets) == [("c0", "negative"), ("c1", "neutral"), ("c2", "positive")]
    many = sample.many_classes(20)
    found = views.colours(many)
    frequent = [row for row in range(20) if row % 5 == 4] + [3, 8]
    assert {row for row, colour in enumerate(found) if colour != "cx"} == set(frequent)
    assert views.legend(many)[-1] == ("cx", "14 other classes")
    assert views.legend(sample.many_classes(7))[-1] == ("cx", "one other class")


def test_cards_show_what_is_served_first(solar, tweets):
    assert [card.label for card in views.cards(solar)] == ["Balanced accuracy", "Accuracy", "Macro F1", "Log-loss"]
    assert [(card.label, card.value) for card in views.cards(tweets)] == [
        ("Balanced accuracy of the baseline", "64.5%"),
        ("… of the transfer", "59.9%"),
    ]


def test_scores_of_the_ranking_are_named_once(solar, tweets):
    assert views.score_names(solar) == ["logme"]
    assert views.score_names(tweets) == ["logme", "h_score"]
    assert len(views.probes(solar)) == 8


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("data:image/png;base64,AAAA", True),
        ("data:image/svg+xml;base64,AAAA", False),
        ("data:text/html;base64,AAAA", False),
        ("https://example.org/x.png", False),
        ("javascript:alert(1)", False),
        ('data:image/png;base64,AA"onerror="x', False),
        ("", False),
        (None, False),
    ],
)
def test_only_pictures_held_in_the_page_are_shown(uri, shown):
    assert views.picture(uri) == (uri if shown else None)
