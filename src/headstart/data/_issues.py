"""Findings of the audit, worded alike."""

from __future__ import annotations

from collections.abc import Iterable

from headstart.core.dataset import Issue, Severity


def issue(code: str, severity: Severity, message: str, items: Iterable[str] = ()) -> Issue:
    """An `Issue` about ``items``."""
    named = tuple(items)
    return Issue(code=code, severity=severity, message=message, items=named, count=len(named))


def examples(names: Iterable[str], most: int = 3) -> str:
    """``'a', 'b', 'c' and 4 more``."""
    listed = list(names)
    shown = [f"'{name}'" for name in listed[:most]]
    if len(listed) > most:
        return f"{', '.join(shown)} and {len(listed) - most:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
