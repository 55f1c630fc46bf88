"""Texts without deep learning: TF-IDF of words and letters, and a linear head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

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

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

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
class _Fitted:
    vectorisers: tuple[TfidfVectorizer, ...]
    head: LinearHead


class Tfidf(Baseline):
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

    def fit(
        self,
        items: Sequence[Any],
        targets: NDArray[np.int64],
        outputs: int,
        groups: NDArray[np.int64] | None = None,
    ) -> None:
        """See `Baseline.fit`.

        Raises:
            UserError: every text is blank.
        """
        texts = [text[:_LONGEST] for text in items]
        if not any(text.strip() for text in texts):
            raise UserError(f"TF-IDF needs texts with at least one letter or sign, got {len(texts)} blank ones.")
        learnt = [_learn(kind, texts) for kind in _OPTIONS]
        features = csr_array(hstack([rows for _, rows in learnt]))
        head = _head(features, targets, outputs, groups)
        balanced = LinearHead(weight=head.weight, bias=head.bias + np.log(balanced_weights(targets, outputs)))
        self._fitted = _Fitted(vectorisers=tuple(vectoriser for vectoriser, _ in learnt), head=balanced)

    def logits(self, items: Sequence[Any]) -> NDArray[np.float64]:
        """See `Baseline.logits`."""
        fitted = self._known()
        texts = [text[:_LONGEST] for text in items]
        if not texts:
            return np.zeros((0, len(fitted.head.bias)))
        rows = hstack([vectoriser.transform(texts) for vectoriser in fitted.vectorisers])
        return np.asarray(csr_array(rows) @ fitted.head.weight.T + fitted.head.bias)

    def save(self, folder: Path) -> None:
        """See `Baseline.save`."""
        fitted = self._known()
        terms = {
            kind: each.get_feature_names_out().tolist() for kind, each in zip(_OPTIONS, fitted.vectorisers, strict=True)
        }
        numbers = {f"idf.{kind}": each.idf_ for kind, each in zip(_OPTIONS, fitted.vectorisers, strict=True)}
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
            vectorisers=tuple(_vectoriser(kind, terms[kind], numbers[f"idf.{kind}"]) for kind in _OPTIONS),
            head=LinearHead(weight=numbers["weight"], bias=numbers["bias"]),
        )
        return loaded

    def _known(self) -> _Fitted:
        if self._fitted is None:
            raise UserError("This baseline has not been fitted: call fit or load first.")
        return self._fitted


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


def _learn(kind: str, texts: list[str]) -> tuple[TfidfVectorizer, csr_array]:
    """The vectoriser of one kind, and its rows for ``texts``."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(**_OPTIONS[kind])
    counts = csr_array(counter.fit_transform(texts), dtype=np.float64)
    names = np.asarray(counter.get_feature_names_out())
    containing = np.bincount(counts.indices, minlength=len(names))
    enough = np.flatnonzero(containing >= (2 if len(texts) >= _RARE_FROM else 1))
    if not len(enough):
        enough = np.arange(len(names))
    # Terms come in alphabetical order, so a stable sort settles ties the same way on every machine.
    chosen = np.sort(enough[np.argsort(-containing[enough], kind="stable")[: _MOST[kind]]])
    idf = np.log((1.0 + len(texts)) / (1.0 + containing[chosen])) + 1.0
    rows = csr_array(counts[:, chosen])
    rows.data = 1.0 + np.log(rows.data)
    rows = csr_array(rows * idf)
    norms = np.sqrt(np.asarray((rows**2).sum(axis=1)))
    rows = csr_array(rows.multiply(1.0 / np.where(norms > 0.0, norms, 1.0)[:, None]))
    return _vectoriser(kind, names[chosen].tolist(), idf), rows


def _vectoriser(kind: str, terms: list[str], idf: NDArray[np.float64]) -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(vocabulary=terms, sublinear_tf=True, **_OPTIONS[kind])
    vectoriser.idf_ = idf
    return vectoriser
