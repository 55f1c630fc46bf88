"""Into how many pieces a vocabulary cuts the words of texts."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.core.backbone import Pieces
from headstart.engine import vocabulary
from headstart.engine.items import Items
from headstart.engine.vocabulary import from_vocabulary
from tests.backbones.members import make


class Halving:
    """Cuts every word into as many pieces as it has letters; digits are unknown."""

    def pieces(self, raw: str) -> Pieces:
        signs = raw.replace(" ", "")
        return Pieces(words=len(raw.split()), pieces=len(signs), unknown=sum(sign.isdigit() for sign in signs))


def texts(*contents: str) -> Items:
    return Items(
        digests=list(contents),
        lengths=np.ones(len(contents), dtype=np.int64),
        read=lambda position, _=None: contents[position],
        header=None,
    )


def test_pieces_are_counted_over_all_words():
    found = from_vocabulary(Halving(), texts("ab cdef", "gh", "1 2"))
    assert found is not None
    assert found.items == 3
    assert found.pieces == pytest.approx((6 + 2 + 2) / 5)
    assert found.unknown == pytest.approx(2 / 10)
    assert found.low < found.pieces < found.high


def test_equal_texts_leave_no_doubt():
    found = from_vocabulary(Halving(), texts(*["abc de"] * 8))
    assert found is not None
    assert found.low == found.pieces == found.high == 2.5


def test_so_many_are_looked_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vocabulary, "MOST", 2)
    found = from_vocabulary(Halving(), texts("a", "a", "abcdef"))
    assert found is not None
    assert (found.items, found.pieces) == (2, 1.0)


def test_texts_without_a_word_and_pictures_have_none():
    assert from_vocabulary(Halving(), texts("", " ")) is None
    assert from_vocabulary(make("test_resnet").preprocess, texts("a")) is None
