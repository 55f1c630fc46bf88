"""Which domain every row is of, where the data name domains: sites, cameras, shops, topics."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.dataset import Issue
from headstart.core.words import counted
from headstart.data._issues import examples, issue

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDERS = "folders"
"""What is asked for in place of a column where the folders of a folder are domains and hold the class folders."""


def domain_names(values: Sequence[Any]) -> list[str | None]:
    """One name per value; None where it is empty. ``1.0`` is ``1``: a column of integers becomes one of floats as soon
    as one value is missing.
    """
    return [_name(value) for value in values]


def _name(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def without_domain(domains: Sequence[str | None] | None, is_test: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mask ``(N,)`` of the training rows that have no domain though the data name domains. Test rows need none."""
    if domains is None:
        return np.zeros(len(is_test), dtype=bool)
    return np.array([name is None for name in domains], dtype=bool) & ~is_test


def too_few_domains(
    domains: Sequence[str | None], is_test: NDArray[np.bool_], where: str, gone: Sequence[str] | None = None
) -> list[str]:
    """Why nothing can be learnt across the ``domains (N,)`` of the training rows, which ``where`` names; empty where it
    can. They may be those that are left after what cannot be used has ``gone``, in words.
    """
    found = {name for name, test in zip(domains, is_test, strict=True) if name is not None and not test}
    if len(found) > 1:
        return []
    one = f"one only ({examples(found)})" if found else "none"
    what = f"{where} names {one}"
    if gone is not None:
        what = f"of those in {where} the usable training items have {one}{left_out(gone)}"
    return [f"A model is learnt across two domains at least, and {what}; add items, or leave --domain (domain=) out."]


def unknown_in_test(domains: Sequence[str | None] | None, is_test: NDArray[np.bool_], called: str) -> list[Issue]:
    """A word where the data name domains, and the test items, which came separately and are ``called`` so, none."""
    if domains is None or any(name is not None for name, test in zip(domains, is_test, strict=True) if test):
        return []
    sentence = f"The domains of the test items in '{called}' are not known: scores there are not told domain by domain."
    return [issue("unknown_domains", "note", sentence)]


def left_out(gone: Sequence[str]) -> str:
    """A remark on training items that have ``gone``, in words; which domains that cost is another question."""
    return f" (left out before: {', '.join(gone)})" if gone else ""


def parted(
    ids: Sequence[str], domains: Sequence[str | None], groups: NDArray[np.int64], usual: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], list[Issue]]:
    """Mask ``(N,)`` of the ``usual`` training rows that must go because items that they are tied to are of another
    domain, and who they are: a model that has not learnt from a domain must not know its items.

    Of tied rows those stay that are of their most frequent domain, the first by name where several are.
    """
    gone = np.zeros(len(ids), dtype=bool)
    held: dict[int, Counter[str]] = {}
    rows = np.flatnonzero(usual).tolist()
    for row in rows:
        held.setdefault(int(groups[row]), Counter())[str(domains[row])] += 1
    stay = {group: min(sorted(found), key=lambda name: -found[name]) for group, found in held.items()}
    for row in rows:
        gone[row] = domains[row] != stay[int(groups[row])]
    if not gone.any():
        return gone, []
    names = [ids[row] for row in np.flatnonzero(gone).tolist()]
    left = {domains[row] for row in rows if not gone[row]}
    lost = sorted({str(domains[row]) for row in rows} - left)
    sentence = (
        f"Left out: {counted(len(names), 'item')} that another domain has, too, as a copy or by others of the same "
        f"group: {examples(names)}. Domains are scored by models that have not seen their items."
    )
    if lost:
        sentence += f" Nothing is left of {examples(lost)}."
    return gone, [issue("shared_by_domains", "warning", sentence, names)]
