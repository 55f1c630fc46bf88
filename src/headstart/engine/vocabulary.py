"""Into how many pieces does the vocabulary of a body cut the words of texts?"""

from __future__ import annotations

import numpy as np

from headstart.core.backbone import Preprocess
from headstart.core.domain_card import FromVocabulary
from headstart.engine.items import Items

MOST = 400
"""Texts that are looked at."""
DRAWS = 199
LEVELS = (0.025, 0.975)


def from_vocabulary(preprocess: Preprocess, items: Items, *, seed: int = 0) -> FromVocabulary | None:
    """Of the first `MOST` of ``items``, which are independent and in random order; None where there is no vocabulary or
    no word.

    Pieces per word are called fertility (Rust et al. 2021, How good is your tokenizer?, ACL, section 3.2). The interval
    is from a bootstrap over texts.
    """
    found = [preprocess.pieces(items.read(row)) for row in range(min(len(items), MOST))]
    cut = np.array([(each.words, each.pieces, each.unknown) for each in found if each is not None], dtype=np.float64)
    if not len(cut) or not cut[:, :2].sum(axis=0).all():
        return None
    draws = np.random.default_rng(seed).multinomial(len(cut), np.full(len(cut), 1 / len(cut)), size=DRAWS)
    words, pieces, _ = (draws @ cut).T
    low, high = np.quantile(pieces[words > 0] / words[words > 0], LEVELS)
    return FromVocabulary(
        items=len(cut),
        pieces=float(cut[:, 1].sum() / cut[:, 0].sum()),
        low=float(low),
        high=float(high),
        unknown=float(cut[:, 2].sum() / cut[:, 1].sum()),
    )
