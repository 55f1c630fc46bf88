"""What licences of weights allow, as far as their names tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Wanted = Literal["any", "permissive"]
WANTED: tuple[Wanted, ...] = ("any", "permissive")

UNSTATED, NOT_STATED = "see the model card", "not stated"
"""What is said of a licence that nobody has written down here, and of one that its publisher does not state."""

PERMISSIVE = frozenset(
    {
        "0bsd",
        "afl-3.0",
        "apache-2.0",
        "bsd",
        "bsd-2-clause",
        "bsd-3-clause",
        "bsd-3-clause-clear",
        "bsl-1.0",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc0-1.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "isc",
        "mit",
        "ncsa",
        "odc-by",
        "pddl",
        "postgresql",
        "unlicense",
        "wtfpl",
        "zlib",
    }
)
"""SPDX identifiers and the hub's spellings of them: any use, commercial too, and nothing asked of derived works but
credit.
"""


AND = " AND "
"""Between licences that hold together (SPDX 2.3, annex D)."""


def together(licences: Iterable[str]) -> str:
    """The licence of what is made of parts under ``licences``."""
    return AND.join(dict.fromkeys(licences))


def is_permissive(licence: str) -> bool:
    """Whether ``licence`` is known to be permissive; of one that nobody stated that is not known."""
    return all(part.strip().lower() in PERMISSIVE for part in licence.split(AND))


def is_stated(licence: str) -> bool:
    """Whether somebody has said what ``licence`` it is."""
    return not any(part in (UNSTATED, NOT_STATED) for part in licence.split(AND))
