"""Against scikit-learn's vectoriser, and at the edges."""

import json

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from headstart.baselines import tfidf
from headstart.baselines.tfidf import Tfidf
from headstart.core.errors import Unavailable, UserError

TEXTS = ["The cat sat, happily!", "a cat SAT down :)", "Dogs bark :(", "dogs bark at cats", "naïve café", "🙂 ok ok ok"]


@pytest.mark.parametrize("kind", ["words", "letters"])
def test_rows_equal_scikit_learn(kind):
    vectoriser, rows = tfidf._learn(kind, TEXTS)
    expected = TfidfVectorizer(sublinear_tf=True, **tfidf._OPTIONS[kind])
    np.testing.assert_allclose(rows.toarray(), expected.fit_transform(TEXTS).toarray())
    np.testing.assert_allclose(vectoriser.transform(TEXTS).toarray(), rows.toarray())
    assert vectoriser.vocabulary == expected.get_feature_names_out().tolist()


def test_punctuation_and_emoji_are_words():
    vectoriser, _ = tfidf._learn("words", TEXTS)
    assert {"!", "🙂", ": (", "a"} <= set(vectoriser.vocabulary)


def test_rare_terms_go_where_there_are_many_texts_and_common_ones_stay_within_bounds(monkeypatch):
    texts = [f"common unique{i} {'even' if i % 2 else 'odd'}" for i in range(60)]
    assert set(tfidf._learn("words", texts)[0].vocabulary) == {"common", "even", "odd"}
    monkeypatch.setitem(tfidf._MOST, "words", 2)
    assert tfidf._learn("words", texts)[0].vocabulary == ["common", "even"]
    lonely = [f"only{i}" for i in range(60)]
    assert len(tfidf._learn("words", lonely)[0].vocabulary) == 2


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
    model.fit(texts, np.arange(60) % 2, 2)
    assert seen == [(20, False), (60, True)]
    assert np.mean(model.logits(texts).argmax(axis=1) == np.arange(60) % 2) == 1.0


def test_blank_and_unknown_texts_fall_back_on_the_intercept():
    model = Tfidf()
    model.fit([*TEXTS, "  "], np.array([0, 0, 1, 1, 0, 1, 0]), 2)
    logits = model.logits(["", "ξξξ"])
    np.testing.assert_array_equal(logits[0], logits[1])


def test_all_blank_is_refused():
    with pytest.raises(UserError, match="at least one letter or sign, got 2 blank ones"):
        Tfidf().fit([" ", ""], np.array([0, 1]), 2)


def test_terms_that_do_not_match_the_numbers_are_refused(tmp_path):
    model = Tfidf()
    model.fit(TEXTS, np.array([0, 0, 1, 1, 0, 1]), 2)
    model.save(tmp_path)
    record = json.loads((tmp_path / "baseline.json").read_text())
    record["terms"]["words"].pop()
    (tmp_path / "baseline.json").write_text(json.dumps(record))
    with pytest.raises(Unavailable, match="terms and its numbers do not belong together"):
        Tfidf.load(tmp_path)
