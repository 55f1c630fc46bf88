"""What licences of weights allow, as far as their names tell."""

from __future__ import annotations

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


def is_permissive(licence: str) -> bool:
    """Whether ``licence`` is known to be permissive; of one that nobody stated that is not known."""
    return licence.strip().lower() in PERMISSIVE
