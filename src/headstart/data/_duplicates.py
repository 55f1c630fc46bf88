"""Which rows hold the same item: exactly, or as a copy that was changed a little."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from headstart.data._finding import Finding
from headstart.data._looks import Looks

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Ties:
    """Group numbers ``(N,)`` from 0: ``bytes`` joins equal bytes, ``exact`` equal bytes or pixels, ``near`` these and
    the copies found by `headstart.data._near_images` or `headstart.data._near_texts`.
    """

    bytes: NDArray[np.int64]
    exact: NDArray[np.int64]
    near: NDArray[np.int64]


def numbered(keys: Sequence[Hashable]) -> NDArray[np.int64]:
    """Equal keys to equal numbers, in order of first appearance."""
    numbers: dict[Hashable, int] = {}
    return np.asarray([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def join(*groupings: NDArray[np.int64]) -> NDArray[np.int64]:
    """The finest grouping ``(N,)`` in which rows are together whenever any of ``groupings`` (N,) has them together."""
    n = len(groupings[0])
    # A graph of rows and groups: rows are nodes 0..N-1, the groups of each grouping follow.
    offsets = n + np.cumsum([0, *(int(grouping.max(initial=-1)) + 1 for grouping in groupings)])
    groups = [grouping + offset for grouping, offset in zip(groupings, offsets, strict=False)]
    return _components(np.tile(np.arange(n), len(groupings)), np.concatenate(groups), int(offsets[-1]))[:n]


def tie_texts(findings: Sequence[Finding], texts: Sequence[str]) -> Ties:
    """Ties among N readable texts."""
    from headstart.data._near_texts import near_pairs

    exact = numbered([finding.digest for finding in findings])
    return Ties(bytes=exact, exact=exact, near=_with_pairs(exact, near_pairs(texts)))


def tie_images(findings: Sequence[Finding]) -> Ties:
    """Ties among N readable images."""
    from headstart.data._near_images import near_pairs

    same_bytes = numbered([finding.digest for finding in findings])
    exact = join(same_bytes, numbered([finding.pixels or finding.reduced for finding in findings]))
    # One picture per group of identical ones goes into the search: a thousand copies make no million pairs.
    rows = np.unique(exact, return_index=True)[1]
    looks = Looks.from_bytes([findings[row].look for row in rows], [findings[row].size for row in rows])
    return Ties(bytes=same_bytes, exact=exact, near=_with_pairs(exact, rows[near_pairs(looks)]))


def tie_clips(findings: Sequence[Finding]) -> Ties:
    """Ties among N readable sounds."""
    from headstart.data._near_clips import near_pairs

    same_bytes = numbered([finding.digest for finding in findings])
    exact = join(same_bytes, numbered([finding.pixels for finding in findings]))
    rows = np.unique(exact, return_index=True)[1]
    seconds = np.array([findings[row].seconds for row in rows])
    pairs = near_pairs([findings[row].look for row in rows], seconds)
    return Ties(bytes=same_bytes, exact=exact, near=_with_pairs(exact, rows[pairs]))


def _with_pairs(grouping: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    n = len(grouping)
    groups = n + int(grouping.max(initial=-1)) + 1
    ends = np.concatenate([np.stack([np.arange(n), n + grouping], axis=1), pairs.reshape(-1, 2)])
    return _components(ends[:, 0], ends[:, 1], groups)[:n]


def _components(a: NDArray[np.int64], b: NDArray[np.int64], nodes: int) -> NDArray[np.int64]:
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(nodes, nodes))
    return connected_components(graph, directed=False)[1].astype(np.int64)
