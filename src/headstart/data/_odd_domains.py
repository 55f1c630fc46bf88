"""What is remarkable about the domains that the data name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from headstart.core.dataset import Issue
from headstart.core.errors import UserError
from headstart.core.words import counted
from headstart.data._domains import left_out
from headstart.data._issues import examples, issue
from headstart.data._labels import look_alikes, measured, sorted_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW = 10
"""A domain of fewer items, those that may be set apart to test on among them, says next to nothing by itself, and
weighs as much as others in some figures."""


def odd_domains(labels: Sequence[str], domains: Sequence[str], where: str) -> list[Issue]:
    """What the ``domains (N,)`` of training rows, which ``where`` names, and their ``labels (N,)`` have that is odd."""
    return [
        *in_one_domain(labels, domains),
        *_of_one_class(labels, domains),
        *_of_something_else(domains, where),
        *_similar(domains),
        *_small(domains),
    ]


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


def refuse_confounded(labels: Sequence[str], domains: Sequence[str], where: str, gone: Sequence[str]) -> None:
    """See that some class of N training rows is in two of the ``domains (N,)``, which ``where`` names, after others
    have ``gone``, in words.

    Raises:
        UserError: none is.
    """
    if all(len(each) == 1 for each in _by(labels, domains).values()):
        raise UserError(
            f"Every class of the usable training items is in a single one of the domains in {where}{left_out(gone)}: "
            "models that have not learnt from a domain cannot know its classes. Name other domains, or leave --domain "
            "(domain=) out."
        )


def in_one_domain(labels: Sequence[str], domains: Sequence[str]) -> list[Issue]:
    """The classes that only one of the ``domains (N,)`` has, of the ``labels (N,)`` of training rows."""
    where = _by(labels, domains)
    lone = [label for label in sorted_classes(where) if len(where[label]) == 1]
    if not lone:
        return []
    sentence = (
        f"{counted(len(lone), 'class', 'classes')} in one domain only, {examples(lone)}: models that have not learnt "
        "from that domain cannot know it, and the scores count it as wrong."
    )
    return [issue("one_domain_class", "warning", sentence, lone)]


def _of_one_class(labels: Sequence[str], domains: Sequence[str]) -> list[Issue]:
    """A word where no domain holds items of two classes."""
    if any(len(found) > 1 for found in _by(domains, labels).values()):
        return []
    sentence = (
        "Every domain holds items of one class only: whatever tells domains apart passes for what tells classes apart, "
        "and no score here can show the difference."
    )
    return [issue("one_class_domains", "warning", sentence)]


def _of_something_else(domains: Sequence[str], where: str) -> list[Issue]:
    """A word where they look like something else: measurements, or names of the items."""
    kinds = set(domains)
    if measured(sorted_classes(kinds)):
        sentence = f"The domains in {where} look like measurements ({examples(sorted(kinds))}): are they domains?"
        return [issue("measured_domains", "warning", sentence)]
    if len(kinds) <= len(domains) / 2:
        return []
    sentence = (
        f"{where[0].upper()}{where[1:]} names {counted(len(kinds), 'domain')} for {len(domains):,} items, "
        "which looks like a name or an id of the items: are they domains?"
    )
    return [issue("many_domains", "warning", sentence)]


def _similar(domains: Sequence[str]) -> list[Issue]:
    """Names that differ in case or spacing only."""
    return [
        issue(
            "similar_domains", "warning", f"Domains {examples(names)} have almost the same name: are they one?", names
        )
        for names in look_alikes(sorted_classes(set(domains)))
    ]


def _small(domains: Sequence[str]) -> list[Issue]:
    """Domains of next to no items, where others have more."""
    counts = Counter(domains)
    small = [name for name in sorted_classes(counts) if counts[name] < FEW]
    if not small or len(small) > len(counts) / 2:
        return []
    sizes = ", ".join(f"'{name}' {counts[name]:,}" for name in small[:3])
    more = f" and {len(small) - 3:,} more" if len(small) > 3 else ""
    sentence = (
        f"{counted(len(small), 'domain')} with fewer than {FEW} items ({sizes}{more}): their own scores say "
        "next to nothing, and widen the interval over domains. Add items, or leave them out."
    )
    return [issue("small_domain", "warning", sentence, small)]


def _by(keys: Sequence[str], values: Sequence[str]) -> dict[str, set[str]]:
    """The different ``values (N,)`` that go with each of the ``keys (N,)``."""
    found: dict[str, set[str]] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, set()).add(value)
    return found
