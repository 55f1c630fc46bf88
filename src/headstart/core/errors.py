"""The exceptions headstart raises on purpose.

    HeadstartError          anything headstart says in one sentence instead of a traceback (exit code 1)
    ├── UserError           something the caller asked for cannot be done as asked (exit code 2)
    ├── UnreadableItem      one picture or text that cannot be used, and why (exit code 2)
    └── Unavailable         something outside both is missing: network, disk space, an intact file (exit code 1)

Only the command line turns these into exit codes; the Python interface raises them as they are.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable


class HeadstartError(Exception):
    """Base of every error that is meant to be read by a user."""

    exit_code = 1


class UserError(HeadstartError):
    """What was asked for cannot be done; each problem says what was given, what was expected and what to do.

    Several problems found by one check travel in one exception, so that nobody fixes them one run at a time.
    """

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        if not problems:
            raise ValueError("UserError needs at least one problem to report")
        self.problems = problems
        super().__init__("\n".join(problems))


class UnreadableItem(HeadstartError):
    """One item cannot be used; ``name`` is how people know it, ``reason`` says why, without the name.

    A name that is the user's own word is ``quoted`` in the message. ``position`` counts from 0 among the items that
    were given, where somebody was told of all that cannot be read.
    """

    exit_code = 2

    def __init__(self, name: str, reason: str, *, quoted: bool = False, position: int | None = None) -> None:
        self.name = name
        self.reason = reason
        self.position = position
        said = f"'{name}'" if quoted else name
        super().__init__(f"{said} cannot be read: {reason}.")


class Unavailable(HeadstartError):
    """A download, a file in the store or room on the disk is missing through nobody's mistake."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence to append to "unknown ..." messages: the nearest known name, or the names there are."""
    names = sorted(known)
    close = closest(name, names)
    if close is not None:
        return f"Did you mean '{close}'?"
    if not names:
        return "There are none to choose from."
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"Known: {shown}."


def together(*attempts: Callable[[], object]) -> None:
    """Make all ``attempts``.

    Raises:
        UserError: some were refused; the problems of all of them, each once, and what was missing for others.
        Unavailable: nothing was refused, and something was missing.
    """
    problems, missing = list[str](), list[Unavailable]()
    for attempt in attempts:
        try:
            attempt()
        except UserError as error:
            problems += error.problems
        except Unavailable as error:
            missing.append(error)
    if problems:
        raise UserError(*dict.fromkeys([*problems, *map(str, missing)]))
    if missing:
        raise missing[0]


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is spelt most like ``name``, if one is."""
    lowered = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None
