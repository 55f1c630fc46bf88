"""What came of carrying a model over to a domain without labels, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SOURCE_ONLY = "source only"
"""The head as the source alone has it."""
CONSENSUS = "consensus"
"""The mean of the source's head and those of all methods that are candidates."""
OWN = "adabn"
"""The source's head where BatchNorm has statistics of each domain's own (`headstart.domains.adabn`)."""
NORMALISATION = "normalisation"
"""What of the body is changed then."""
OWN_CONSENSUS = f"{OWN} + {CONSENSUS}"
"""What methods agree on there."""

TRANSDUCTIVE = "transductive"
"""Code of the issue of a target that holds test items."""

Reason = Literal[
    "agreed", "own statistics", "asked for", "labelled", "same domain", "collapse", "source lost", "not clearer"
]
"""Why a way across was taken, or why the source's head was kept."""


@dataclass(frozen=True, kw_only=True)
class WayRow:
    """One way across: what every validator says of it, the share of the target for which it says something else than
    the source's head, and the shares of the classes among its predictions.
    """

    method: str
    values: Mapping[str, float]
    changed: float
    predicted: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """The answer: the way that was ``taken`` and the ``reason`` for it, also in a ``sentence``.

    ``p`` is that of source and target being one domain, with predicted classes held equal; ``source`` and ``target``
    count the items that were looked at, and ``judged`` those of the target that the ``rows`` are judged by. ``trained``
    says what was changed of the body for it: the name of the strategy that trained it, or ``normalisation``; empty
    where only the head is another.
    """

    taken: str
    reason: Reason
    sentence: str
    p: float
    source: int
    target: int
    rows: tuple[WayRow, ...]
    judged: int
    trained: str = ""
