"""Against scikit-learn's vectoriser, and at the edges."""

import json

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from headstart.baselines import tfidf
from headstart.baselines.tfidf import Tfidf
from headstart.core.errors import Unavailable, UserError

TEXTS = ["The cat sat, happily!", "a cat SAT down :)", "Dogs bark :(", "dogs bark at cats", "naïve café", "🙂 ok ok ok"]


def learnt(kind, texts):
    """Terms of one kind that are kept for texts, and the rows of these."""
    counts = Tfidf().describe(texts)
    known = tfidf._Vocabulary.of(kind, counts.terms[kind], counts.numbers[kind])
    return known, known.rows(counts.terms[kind], counts.numbers[kind])


@pytest.mark.parametrize("kind", ["words", "letters"])
def test_rows_equal_scikit_learn(kind):
    known, rows = learnt(kind, TEXTS)
    expected = TfidfVectorizer(sublinear_tf=True, **tfidf._OPTIONS[kind])
    np.testing.assert_allclose(rows.toarray(), expected.fit_transform(TEXTS).toarray())
    assert known.terms.tolist() == expected.get_feature_names_out().tolist()
    others = [*TEXTS[3:], "the unheard café sat"]
    counts = Tfidf().describe(others)
    rows = known.rows(counts.terms[kind], counts.numbers[kind])
    np.testing.assert_allclose(rows.toarray(), expected.transform(others).toarray())


def test_a_part_of_what_is_described_is_what_the_part_would_be():
    """The fold is fitted and scored as if the rest had never been seen."""
    texts, targets = TEXTS * 10, np.arange(60) % 2
    texts = [f"{text} {number % 9} only{number}" for number, text in enumerate(texts)]
    whole, rest, held = Tfidf().describe(texts), np.arange(55), np.arange(55, 60)
    one, other = Tfidf(), Tfidf()
    one.fit(whole[rest], targets[rest], 2)
    other.fit(other.describe(texts[:55]), targets[rest], 2)
    assert one._known().vocabularies["words"].terms.tolist() == other._known().vocabularies["words"].terms.tolist()
    np.testing.assert_allclose(one.logits(whole[held]), other.logits(other.describe(texts[55:])), atol=1e-12)


def test_punctuation_and_emoji_are_words():
    assert {"!", "🙂", ": (", "a"} <= set(learnt("words", TEXTS)[0].terms)


def test_rare_terms_go_where_there_are_many_texts_and_common_ones_stay_within_bounds(monkeypatch):
    texts = [f"common unique{i} {'even' if i % 2 else 'odd'}" for i in range(60)]
    assert set(learnt("words", texts)[0].terms) == {"common", "even", "odd"}
    monkeypatch.setitem(tfidf._MOST, "words", 2)
    assert learnt("words", texts)[0].terms.tolist() == ["common", "even"]
    lonely = [f"only{i}" for i in range(60)]
    assert len(learnt("words", lonely)[0].terms) == 2


def test_penalty_is_searched_on_a_part_of_very_many_texts(monkeypatch):
    texts = [f"{'good' if i % 2 else 'bad'} day number {i % 7}" for i in range(60)]
    monkeypatch.setattr(tfidf, "_SEARCHED", 25)
    seen = []

    def spy(features, *args, **kwargs):
        seen.append((features.shape[0], "Cs" in kwargs))
        return fit(features, *args, **kwargs)

    fit = tfidf.fit_logistic
    monkeypatch.setattr(tfidf, "fit_logistic", spy)
    model = Tfidf()
    model.fit(model.describe(texts), np.arange(60) % 2, 2)
    assert seen == [(20, False), (60, True)]
    assert np.mean(model.logits(model.describe(texts)).argmax(axis=1) == np.arange(60) % 2) == 1.0


def test_blank_and_unknown_texts_fall_back_on_the_intercept():
    model = Tfidf()
    model.fit(model.describe([*TEXTS, "  "]), np.array([0, 0, 1, 1, 0, 1, 0]), 2)
    logits = model.logits(model.describe(["", "ξξξ"]))
    np.testing.assert_array_equal(logits[0], logits[1])


def test_all_blank_is_refused():
    with pytest.raises(UserError, match="at least one letter or sign, got 2 blank ones"):
        Tfidf().fit(Tfidf().describe([" ", ""]), np.array([0, 1]), 2)


def test_terms_that_do_not_match_the_numbers_are_refused(tmp_path):
    model = Tfidf()
    model.fit(model.describe(TEXTS), np.array([0, 0, 1, 1, 0, 1]), 2)
    model.save(tmp_path)
    record = json.loads((tmp_path / "baseline.json").read_text())
    record["terms"]["words"].pop()
    (tmp_path / "baseline.json").write_text(json.dumps(record))
    with pytest.raises(Unavailable, match="terms and its numbers do not belong together"):
        Tfidf.load(tmp_path)
