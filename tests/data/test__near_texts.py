import random
import string

import pytest

from headstart.data._near_texts import jaccard, near_pairs, normal_form

LONG = "The quick brown fox jumps over the lazy dog while the band plays on and nobody in town seems to mind"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Great film!", "great   film"),
        ("RT @somebody: Great film http://t.co/abc", "great film"),
        ("Great film www.example.org/x", "Great film"),
        ("ＧＲＥＡＴ film", "great film"),
        ("STRASSE", "straße"),
    ],
)
def test_forms_that_are_equal(a: str, b: str):
    assert normal_form(a) == normal_form(b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("I love it 😀", "I love it 😡"),
        ("order 12345", "order 12346"),
        ("http://t.co/abc", "http://t.co/xyz"),
        ("!!!", "???"),
        ("it costs 5$", "it costs 5€"),
    ],
)
def test_forms_that_differ(a: str, b: str):
    assert normal_form(a) != normal_form(b)
    assert near_pairs([a, b]).tolist() == []


def test_equal_forms_and_small_edits_are_pairs():
    texts = [
        LONG,
        "something else entirely, of about the same length as the others here",
        LONG.upper() + "!!",
        LONG + "s",
    ]
    assert near_pairs(texts).tolist() == [[0, 2], [0, 3]]


def test_larger_edits_are_not():
    half = LONG[: len(LONG) // 2]
    assert near_pairs([LONG, half, half + " and then the story took a turn that nobody expected"]).tolist() == []


def test_short_texts_must_be_equal():
    assert near_pairs(["not bad at all", "not sad at all", "Not bad at all."]).tolist() == [[0, 2]]


def test_jaccard_of_five_grams():
    assert jaccard("abcdef", "abcdef") == 1
    assert jaccard("abcdefg", "abcdefh") == pytest.approx(2 / 4)


def test_every_pair_that_brute_force_finds():
    generator = random.Random(0)
    words = ["".join(generator.choices(string.ascii_lowercase, k=generator.randint(2, 9))) for _ in range(400)]
    texts = [" ".join(generator.choices(words, k=25)) for _ in range(150)]
    for text in texts[:60]:  # an edited copy of each
        place = generator.randrange(len(text))
        texts.append(text[:place] + generator.choice("xyz") + text[place + 1 :])
    forms = [normal_form(text) for text in texts]
    expected = {
        (i, j)
        for j in range(len(texts))
        for i in range(j)
        if forms[i] == forms[j] or jaccard(forms[i], forms[j]) >= 0.9
    }
    assert len(expected) >= 55
    assert set(map(tuple, near_pairs(texts).tolist())) == expected


def test_a_large_bucket_is_joined_without_all_its_pairs():
    texts = [f"{LONG} {number}" for number in range(60)]
    pairs = near_pairs(texts).tolist()
    assert {i for pair in pairs for i in pair} == set(range(60))
    assert len(pairs) < 60 * 59 / 2


@pytest.mark.parametrize("texts", [[], ["one"], ["", ""], ["\ud800 lone surrogates in a text of some length", "b"]])
def test_edge_cases(texts: list[str]):
    assert near_pairs(texts).tolist() == ([[0, 1]] if texts == ["", ""] else [])
