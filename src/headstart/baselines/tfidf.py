"""Texts without deep learning: TF-IDF of words and letters, and a linear head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from headstart.baselines import _files
from headstart.core.backbone import LinearHead
from headstart.core.baseline import Baseline
from headstart.core.dataset import Modality
from headstart.core.errors import Unavailable, UserError
from headstart.heads.folds import grouped_folds
from headstart.heads.logistic import FOLDS, fit_logistic
from headstart.heads.weights import balanced_weights

_OPTIONS: dict[str, dict[str, Any]] = {
    # Unlike scikit-learn's default, single letters, digits, punctuation and emoji are words: in short texts they tell.
    "words": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\w+|[^\w\s]"},
    "letters": {"analyzer": "char_wb", "ngram_range": (3, 5)},
}
_MOST = {"words": 20_000, "letters": 40_000}
"""Terms kept of each kind, the ones in most texts first."""
_RARE_FROM = 50
"""From this many texts on, a term has to occur in two of them."""
_LONGEST = 100_000
"""Characters of a text that are read, some thirty pages: one book among mails would have most of the n-grams."""
_SEARCHED = 2000
"""The penalty is chosen on at most this many texts: its best value hardly moves beyond, its cost grows with each."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How often each of the ``terms (T,)``, in alphabetical order, is in each text, ``(N, T)``; by kind."""

    terms: Mapping[str, NDArray[np.str_]]
    numbers: Mapping[str, csr_array]

    def __len__(self) -> int:
        return _height(next(iter(self.numbers.values())))

    def __getitem__(self, rows: NDArray[np.int64]) -> Counts:
        return Counts(terms=self.terms, numbers={kind: csr_array(each[rows]) for kind, each in self.numbers.items()})


@dataclass(frozen=True, kw_only=True)
class _Vocabulary:
    """The ``terms (T,)`` that count, in alphabetical order, and their ``idf (T,)``."""

    terms: NDArray[np.str_]
    idf: NDArray[np.float64]

    @classmethod
    def of(cls, kind: str, terms: NDArray[np.str_], counts: csr_array) -> _Vocabulary:
        """The terms of one kind that are kept for texts with these ``counts (N, T)``."""
        items = _height(counts)
        containing = np.bincount(counts.indices, minlength=len(terms))
        enough = np.flatnonzero(containing >= (2 if items >= _RARE_FROM else 1))
        if not len(enough):
            enough = np.flatnonzero(containing)
        # Terms come in alphabetical order, so a stable sort settles ties the same way on every machine.
        chosen = np.sort(enough[np.argsort(-containing[enough], kind="stable")[: _MOST[kind]]])
        return cls(terms=terms[chosen], idf=np.log((1.0 + items) / (1.0 + containing[chosen])) + 1.0)

    def rows(self, terms: NDArray[np.str_], counts: csr_array) -> csr_array:
        """Sublinear frequencies times idf, of length one: ``(N, T)`` from counts of other ``terms``."""
        places = np.searchsorted(self.terms, terms)
        known = np.flatnonzero(places < len(self.terms))
        known = known[self.terms[places[known]] == terms[known]]
        found = csr_array(counts[:, known])
        found.data = 1.0 + np.log(found.data)
        rows = csr_array((found.data, places[known][found.indices], found.indptr), (_height(counts), len(self.terms)))
        rows = csr_array(rows * self.idf)
        norms = np.sqrt(np.asarray((rows**2).sum(axis=1)))
        return csr_array(rows.multiply(1.0 / np.where(norms > 0.0, norms, 1.0)[:, None]))


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    vocabularies: Mapping[str, _Vocabulary]
    head: LinearHead

    def rows(self, described: Counts) -> csr_array:
        """Those of both kinds, side by side."""
        parts = [each.rows(described.terms[kind], described.numbers[kind]) for kind, each in self.vocabularies.items()]
        return csr_array(hstack(parts))


class Tfidf(Baseline[Counts]):
    """Logistic regression on TF-IDF of word 1-2-grams and of letter 3-5-grams within words.

    Sublinear term frequencies, smoothed inverse document frequencies, rows of each kind normalised to length one; the
    penalty is chosen by five-fold log-loss. At most 60,000 terms are kept, and 100,000 characters of a text are read.
    Classes are made to count the same by adding the log of their balanced weights to the logits (Menon et al. 2021,
    arXiv 2007.07314, equation 9), as the linear probe does. Hard to beat on long texts with telling words, and with
    thousands of labels.
    """

    modality: ClassVar[Modality] = "text"
    summary: ClassVar[str] = "TF-IDF of words and letters with logistic regression."

    def __init__(self) -> None:
        self._fitted: _Fitted | None = None

    def describe(self, items: Sequence[Any]) -> Counts:
        """See `Baseline.describe`."""
        texts = [text[:_LONGEST] for text in items]
        found = {kind: _counted(kind, texts) for kind in _OPTIONS}
        return Counts(
            terms={kind: terms for kind, (terms, _) in found.items()},
            numbers={kind: counts for kind, (_, counts) in found.items()},
        )

    def fit(
        self,
        described: Counts,
        targets: NDArray[np.int64],
        outputs: int,
        groups: NDArray[np.int64] | None = None,
    ) -> None:
        """See `Baseline.fit`.

        Raises:
            UserError: every text is blank.
        """
        if not any(each.nnz for each in described.numbers.values()):
            raise UserError(f"TF-IDF needs texts with at least one letter or sign, got {len(described)} blank ones.")
        nothing = LinearHead(weight=np.zeros((outputs, 0)), bias=np.zeros(outputs))
        known = {kind: _Vocabulary.of(kind, described.terms[kind], described.numbers[kind]) for kind in _OPTIONS}
        rows = _Fitted(vocabularies=known, head=nothing).rows(described)
        head = _head(rows, targets, outputs, groups)
        balanced = LinearHead(weight=head.weight, bias=head.bias + np.log(balanced_weights(targets, outputs)))
        self._fitted = _Fitted(vocabularies=known, head=balanced)

    def logits(self, described: Counts) -> NDArray[np.float64]:
        """See `Baseline.logits`."""
        fitted = self._known()
        return np.asarray(fitted.rows(described) @ fitted.head.weight.T + fitted.head.bias)

    def save(self, folder: Path) -> None:
        """See `Baseline.save`."""
        fitted = self._known()
        terms = {kind: each.terms.tolist() for kind, each in fitted.vocabularies.items()}
        numbers = {f"idf.{kind}": each.idf for kind, each in fitted.vocabularies.items()}
        _files.write(
            folder,
            {"baseline": "tfidf", "schema": 1, "options": _OPTIONS, "terms": terms},
            {"weight": fitted.head.weight, "bias": fitted.head.bias, **numbers},
        )

    @classmethod
    def load(cls, folder: Path) -> Tfidf:
        """See `Baseline.load`."""
        shapes = {"weight": 2, "bias": 1, **{f"idf.{kind}": 1 for kind in _OPTIONS}}
        record, numbers = _files.read(folder, "tfidf", shapes)
        terms = record.get("terms", {})
        lengths = [len(terms.get(kind, ())) for kind in _OPTIONS]
        if lengths != [len(numbers[f"idf.{kind}"]) for kind in _OPTIONS] or sum(lengths) != numbers["weight"].shape[1]:
            raise Unavailable(
                f"The baseline in '{folder}' is damaged: its terms and its numbers do not belong together."
            )
        loaded = cls()
        loaded._fitted = _Fitted(
            vocabularies={
                kind: _Vocabulary(terms=np.array(terms[kind], dtype=np.str_), idf=numbers[f"idf.{kind}"])
                for kind in _OPTIONS
            },
            head=LinearHead(weight=numbers["weight"], bias=numbers["bias"]),
        )
        return loaded

    def _known(self) -> _Fitted:
        if self._fitted is None:
            raise UserError("This baseline has not been fitted: call fit or load first.")
        return self._fitted


def _height(rows: csr_array) -> int:
    return len(rows.indptr) - 1


def _head(
    features: csr_array, targets: NDArray[np.int64], outputs: int, groups: NDArray[np.int64] | None
) -> LinearHead:
    """The head, its penalty chosen on a stratified part of the items where there are very many."""
    parts = -(-len(targets) // _SEARCHED)
    if parts == 1:
        folds = grouped_folds(targets, groups, FOLDS, 0)
        return fit_logistic(features, targets, outputs, folds=folds, floor=None).head
    some = np.flatnonzero(grouped_folds(targets, groups, parts, 0) == 0)
    folds = grouped_folds(targets[some], None if groups is None else groups[some], FOLDS, 0)
    searched = fit_logistic(csr_array(features[some]), targets[some], outputs, folds=folds, floor=None)
    return fit_logistic(features, targets, outputs, Cs=[searched.C], floor=None).head


def _counted(kind: str, texts: list[str]) -> tuple[NDArray[np.str_], csr_array]:
    """The terms of one kind in alphabetical order, and how often each is in each text."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(**_OPTIONS[kind])
    if not any(text.strip() for text in texts):  # scikit-learn refuses an empty vocabulary
        return np.zeros(0, dtype=np.str_), csr_array((len(texts), 0))
    counts = csr_array(counter.fit_transform(texts), dtype=np.float64)
    return np.asarray(counter.get_feature_names_out(), dtype=np.str_), counts
