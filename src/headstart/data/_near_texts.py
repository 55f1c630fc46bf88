"""Copies of one text: other case, spacing, punctuation, links or names, or a few characters changed.

Equal normal forms are copies. Beyond that, candidates come from MinHash with banding (Broder 1997; Leskovec, Rajaraman
and Ullman, Mining of Massive Datasets, section 3.4) over character 5-grams, and are then verified by their exact
Jaccard similarity, so that hashing can miss a pair but never invent one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHINGLE = 5
"""Characters per shingle."""

LEAST_JACCARD = 0.9

LEAST_LENGTH = 20
"""Shorter normal forms are copies only when they are equal: one changed letter can change the meaning."""

BANDS, ROWS = 8, 4
"""A pair of Jaccard similarity s becomes a candidate with probability 1 - (1 - s^4)^8: .9998 at .9, .40 at .5."""

ALL_PAIRS = 12
"""In larger buckets each member is compared with the first and with the one before it only."""

CHUNK = 2_000_000
"""Characters hashed at a time."""

LEAST_AGREEMENT = 0.6
"""Share of equal MinHash values below which a candidate is not worth verifying (five standard deviations under .9)."""

_NOISE = re.compile(r"https?://\S+|www\.\S+|@\w+|^\s*rt\b")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def normal_form(text: str) -> str:
    """``text`` without what copies differ in: case, spacing, punctuation, links, @names, a leading RT.

    Symbols (emoji, currency) stay. A text of nothing else keeps its characters, so that texts that have only a bare
    link in common are not made equal.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = _NOISE.sub(" ", folded).translate(_punctuation())
    return " ".join(bare.split()) or " ".join(folded.split())


@cache
def _punctuation() -> dict[int, str]:
    return {code: " " for code in range(0x20000) if unicodedata.category(chr(code)).startswith("P")}


def near_pairs(texts: Sequence[str]) -> NDArray[np.int64]:
    """Pairs ``(M, 2)`` of positions of texts that are copies; equal ones are each paired with their first."""
    first: dict[str, int] = {}
    pairs: list[tuple[int, int]] = []
    for position, text in enumerate(texts):
        earlier = first.setdefault(normal_form(text), position)
        if earlier != position:
            pairs.append((earlier, position))
    long = [(form, position) for form, position in first.items() if len(form) >= LEAST_LENGTH]
    forms, positions = [form for form, _ in long], [position for _, position in long]
    pairs += [(positions[i], positions[j]) for i, j in _similar(forms)]
    return np.asarray(pairs, dtype=np.int64).reshape(-1, 2)


def _similar(forms: Sequence[str]) -> list[tuple[int, int]]:
    if len(forms) < 2:
        return []
    signatures = _signatures(forms)
    candidates = np.asarray(sorted(_candidates(signatures)), dtype=np.int64).reshape(-1, 2)
    agreement = (signatures[candidates[:, 0]] == signatures[candidates[:, 1]]).mean(axis=1)
    likely: list[tuple[int, int]] = candidates[agreement >= LEAST_AGREEMENT].tolist()
    return [(i, j) for i, j in likely if jaccard(forms[i], forms[j]) >= LEAST_JACCARD]


def jaccard(a: str, b: str) -> float:
    """Shared 5-grams over all 5-grams of two texts of at least five characters."""
    of_a, of_b = ({text[k : k + SHINGLE] for k in range(len(text) - SHINGLE + 1)} for text in (a, b))
    return len(of_a & of_b) / len(of_a | of_b)


def _signatures(forms: Sequence[str]) -> NDArray[np.uint32]:
    """MinHash signatures ``(N, 32)`` of texts of at least five characters."""
    generator = np.random.default_rng(0)
    factors = generator.integers(1, 2**63, size=BANDS * ROWS, dtype=np.uint64) | np.uint64(1)
    signatures = np.empty((len(forms), BANDS * ROWS), dtype=np.uint32)
    lengths = np.fromiter(map(len, forms), dtype=np.int64, count=len(forms))
    chunk_of = np.cumsum(lengths) // CHUNK
    for chunk in np.unique(chunk_of):
        rows = np.flatnonzero(chunk_of == chunk)
        hashes = _shingle_hashes(forms[rows[0] : rows[-1] + 1], lengths[rows])
        starts = np.concatenate([[0], np.cumsum(lengths[rows])[:-1]])
        for column, factor in enumerate(factors):
            # The high half of a product with an odd factor is a universal hash (Dietzfelbinger et al. 1997).
            values = ((hashes * factor) >> np.uint64(32)).astype(np.uint32)
            values[_overhang(starts, lengths[rows])] = np.iinfo(np.uint32).max
            signatures[rows, column] = np.minimum.reduceat(values, starts)
    return signatures


def _shingle_hashes(forms: Sequence[str], lengths: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A hash of the five characters from every position on; the last four of a text reach into the next one."""
    characters = np.frombuffer("".join(forms).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    padded = np.concatenate([characters, np.zeros(SHINGLE - 1, dtype=np.uint32)]).astype(np.uint64)
    hashes = np.zeros(int(lengths.sum()), dtype=np.uint64)
    for shift in range(SHINGLE):
        hashes = (hashes ^ padded[shift : shift + len(hashes)]) * _MULTIPLIER
        hashes ^= hashes >> np.uint64(29)
    return hashes


def _overhang(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return ((starts + lengths)[:, None] - np.arange(1, SHINGLE)).ravel()


def _candidates(signatures: NDArray[np.uint32]) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for band in range(BANDS):
        rows = np.ascontiguousarray(signatures[:, band * ROWS : (band + 1) * ROWS])
        keys = rows.view(np.dtype((np.void, rows.itemsize * ROWS))).ravel()
        order = np.argsort(keys, kind="stable")
        changes = np.flatnonzero(keys[order][1:] != keys[order][:-1]) + 1
        bounds = np.concatenate([[0], changes, [len(order)]])
        for run in np.flatnonzero(np.diff(bounds) > 1):
            bucket = order[bounds[run] : bounds[run + 1]].tolist()
            if len(bucket) <= ALL_PAIRS:
                found.update(combinations(bucket, 2))
            else:
                found.update((bucket[0], member) for member in bucket[1:])
                found.update(pairwise(bucket))
    return found
