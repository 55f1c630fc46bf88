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
from headstart.data._labels import sorted_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    domains: Sequence[str | None], is_test: NDArray[np.bool_], where: str, *, left: bool = False
) -> list[str]:
    """Why nothing can be learnt across the ``domains (N,)`` of the training rows, which ``where`` names; empty where it
    can. They may be those that are ``left`` after what cannot be used has gone.
    """
    found = {name for name, test in zip(domains, is_test, strict=True) if name is not None and not test}
    if len(found) > 1:
        return []
    one = f"one only ({examples(found)})" if found else "none"
    what = f"of those in {where} the usable training items have {one}" if left else f"{where} names {one}"
    return [f"A model is learnt across two domains at least, and {what}; add items, or leave --domain (domain=) out."]


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


def seen_in_test(domains: Sequence[str | None], is_test: NDArray[np.bool_]) -> list[Issue]:
    """A word on test items whose domain is learnt from, too: of the ``domains (N,)`` of all rows."""
    learnt = {name for name, test in zip(domains, is_test, strict=True) if not test}
    tested = {name for name, test in zip(domains, is_test, strict=True) if test and name is not None}
    both = sorted(str(name) for name in tested & learnt)
    if not both:
        return []
    sentence = (
        f"{len(both)} of {counted(len(tested), 'domain')} of the test items {'is' if len(both) == 1 else 'are'} learnt "
        f"from, too ({examples(both)}): their scores are not those of unseen domains."
    )
    return [issue("seen_domains", "warning", sentence, both)]


def in_one_domain(labels: Sequence[str], domains: Sequence[str | None]) -> list[Issue]:
    """The classes that only one of the ``domains (N,)`` has, of the ``labels (N,)`` of training rows."""
    where: dict[str, set[str | None]] = {}
    for label, domain in zip(labels, domains, strict=True):
        where.setdefault(label, set()).add(domain)
    lone = [label for label in sorted_classes(where) if len(where[label]) == 1]
    if not lone:
        return []
    sentence = (
        f"{counted(len(lone), 'class', 'classes')} in one domain only, {examples(lone)}: models that have not learnt "
        "from that domain cannot know it, and the scores count it as wrong."
    )
    return [issue("one_domain_class", "warning", sentence, lone)]
